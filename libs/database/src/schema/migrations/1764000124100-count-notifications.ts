import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Number of rows per counter. */
const SHARDS = 16;
/** The shard of what there was before: no trigger writes it. */
const BEFORE = SHARDS;

const EVENTS = {
  insert: 'new table as new_rows',
  update: 'old table as old_rows new table as new_rows',
  delete: 'old table as old_rows',
};

/** Adds the changes of a statement to the counters, in the order of their keys, so that two writers cannot deadlock. */
const add = (changes: string) => `
  insert into notification_counters as counter (merchant_id, status, notification_type, shard, count)
  select merchant_id, status, notification_type, pg_backend_pid() % ${SHARDS}, sum(n)
    from (${changes}) changes group by 1, 2, 3 having sum(n) <> 0 order by 1, 2, 3
      on conflict (merchant_id, status, notification_type, shard) do update set count = counter.count + excluded.count`;

const rows = (table: string, weight: number) =>
  `select merchant_id, status, notification_type, ${weight} as n from ${table}`;

/**
 * Triggers count every change, whoever makes it: a worker of this version or of the one before, retention, erasure. What
 * there was before them is counted in a snapshot from the moment at which they were made, while writers go on.
 */
export class CountNotifications1764000124100 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function count_notifications() returns trigger
        language plpgsql security definer set search_path = public, pg_temp
        as $$ begin
          if tg_op = 'INSERT' then ${add(rows('new_rows', 1))};
          elsif tg_op = 'DELETE' then ${add(rows('old_rows', -1))};
          else ${add(`${rows('new_rows', 1)} union all ${rows('old_rows', -1)}`)};
          end if;
          return null;
        end $$`);
    const counting = runner.connection.createQueryRunner();
    try {
      // No writer is in the middle of a change while the triggers are made, so the snapshot has all that they miss.
      await runner.query(`begin; truncate notification_counters; ${makeTriggers()}`);
      await counting.query('begin isolation level repeatable read');
      await counting.query('select pg_current_snapshot()');
      await runner.query('commit');
      await counting.query(`
        insert into notification_counters (merchant_id, status, notification_type, shard, count)
        select merchant_id, status, notification_type, ${BEFORE}, count(*) from notifications group by 1, 2, 3`);
      await counting.query('commit');
    } catch (error) {
      await runner.query('rollback');
      await counting.query('rollback');
      throw error;
    } finally {
      await counting.release();
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`${dropTriggers()}; drop function count_notifications`);
  }
}

/** A migration that was interrupted begins anew: the triggers may be there. */
const makeTriggers = () =>
  `${dropTriggers()}; ${Object.entries(EVENTS)
    .map(
      ([event, tables]) =>
        `create trigger notifications_${event}_counted after ${event} on notifications referencing ${tables}
           for each statement execute function count_notifications()`,
    )
    .join('; ')}`;

const dropTriggers = () =>
  Object.keys(EVENTS)
    .map((event) => `drop trigger if exists notifications_${event}_counted on notifications`)
    .join('; ');
