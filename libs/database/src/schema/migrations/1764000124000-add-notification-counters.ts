import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many notifications a merchant has, by status and type, in several rows each, so that writers rarely wait. */
export class AddNotificationCounters1764000124000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notification_counters (
        merchant_id bigint not null,
        status text not null,
        notification_type text not null,
        shard smallint not null,
        count bigint not null,
        primary key (merchant_id, status, notification_type, shard)
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
      alter table notification_counters enable row level security;
      create policy gateway_reads on notification_counters for select to herald_gateway
        using (merchant_id = nullif(current_setting('herald.merchant', true), '')::bigint);
      grant select on notification_counters to herald_gateway;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notification_counters');
  }
}
