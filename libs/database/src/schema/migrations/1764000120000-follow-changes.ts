import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['feed_messages', 'agent_actions', 'notifications'];

/**
 * Each row names the transaction that last changed it, which gives streams an order of commits. The rows of before get
 * this migration's own: the default is evaluated once, so that no row is rewritten.
 */
export class FollowChanges1764000120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function note_change() returns trigger language plpgsql
        as $$ begin new.changed_in := pg_current_xact_id()::text::bigint; return new; end $$`);
    for (const table of TABLES) {
      await runner.query(`
        alter table ${table} add column changed_in bigint not null default pg_current_xact_id()::text::bigint;
        create trigger ${table}_changed before update on ${table} for each row execute function note_change()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`drop trigger ${table}_changed on ${table}; alter table ${table} drop column changed_in`);
    }
    await runner.query('drop function note_change');
  }
}
