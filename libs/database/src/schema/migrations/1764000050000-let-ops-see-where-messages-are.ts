import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Columns with a message's place and history. */
const PLACES = {
  feed_messages: 'id, company_id, accepted_at, queued_at, started_at, delivered_at, history',
  agent_actions: 'id, company_id, accepted_at, queued_at, started_at, recorded_at, history',
};

/** Ops must know whether a dead letter's message was delivered meanwhile: each message's place, but not its content. */
export class LetOpsSeeWhereMessagesAre1764000050000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(PLACES)) {
      await runner.query(`
        create policy ops_sees_places on ${table} for select to herald_ops using (true);
        grant select (${columns}) on ${table} to herald_ops`);
    }
    await runner.query(`grant select on message_places to herald_ops; grant select (id) on requests to herald_ops`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `revoke select (id) on requests from herald_ops; revoke select on message_places from herald_ops`,
    );
    for (const [table, columns] of Object.entries(PLACES)) {
      await runner.query(`
        revoke select (${columns}) on ${table} from herald_ops;
        drop policy ops_sees_places on ${table}`);
    }
  }
}
