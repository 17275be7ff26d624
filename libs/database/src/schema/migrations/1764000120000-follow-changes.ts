import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets each row of a table name the transaction that last changed it. The rows of before have none, so that none of them
 * is rewritten. One table a transaction: while it waits for one, it holds no other.
 */
export const follow = (runner: QueryRunner, table: string): Promise<void> =>
  runner.query(`
    alter table ${table} add column changed_in bigint not null default 0;
    alter table ${table} alter column changed_in set default this_transaction();
    create trigger ${table}_changed before update on ${table} for each row execute function note_change()`);

export const unfollow = (runner: QueryRunner, table: string): Promise<void> =>
  runner.query(`drop trigger ${table}_changed on ${table}; alter table ${table} drop column changed_in`);

/** The order of commits, for streams. */
export class FollowChanges1764000120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function this_transaction() returns bigint language sql stable
        as $$ select pg_current_xact_id()::text::bigint $$;
      create function note_change() returns trigger language plpgsql
        as $$ begin new.changed_in := this_transaction(); return new; end $$`);
    await follow(runner, 'feed_messages');
  }

  async down(runner: QueryRunner): Promise<void> {
    await unfollow(runner, 'feed_messages');
    await runner.query('drop function note_change; drop function this_transaction');
  }
}
