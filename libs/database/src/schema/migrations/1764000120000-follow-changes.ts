import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['feed_messages', 'agent_actions', 'notifications'];

/**
 * Each row names the transaction that last changed it, which gives streams an order of commits. The rows of before have
 * none, so that none of them is rewritten.
 */
export class FollowChanges1764000120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function this_transaction() returns bigint language sql stable
        as $$ select pg_current_xact_id()::text::bigint $$`);
    await runner.query(`
      create function note_change() returns trigger language plpgsql
        as $$ begin new.changed_in := this_transaction(); return new; end $$`);
    for (const table of TABLES) {
      await runner.query(`
        alter table ${table} add column changed_in bigint not null default 0;
        alter table ${table} alter column changed_in set default this_transaction();
        create trigger ${table}_changed before update on ${table} for each row execute function note_change()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`drop trigger ${table}_changed on ${table}; alter table ${table} drop column changed_in`);
    }
    await runner.query('drop function note_change; drop function this_transaction');
  }
}
