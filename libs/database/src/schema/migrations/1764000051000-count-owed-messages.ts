import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts a queue's owed messages, published or not, up to a limit. With row-level security, which checks every row,
 * counting takes eight times as long; this function avoids it and reveals only the figure.
 */
export class CountOwedMessages1764000051000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function owed_messages(of_queue text, are_published boolean, at_most integer) returns integer
        language plpgsql stable security definer
        set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
      begin
        if are_published then
          return (select count(*) from (select from outbox where queue = of_queue and job_id is not null limit at_most) o);
        end if;
        return (select count(*) from (select from outbox where queue = of_queue and job_id is null limit at_most) o);
      end $$;
      revoke all on function owed_messages from public;
      grant execute on function owed_messages to herald_gateway, herald_ops;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function owed_messages');
  }
}
