import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables from which each worker may delete rows of its product. */
const REMOVABLE = {
  feed_messages: { role: 'herald_delivery', age: 'delivered_at' },
  agent_actions: { role: 'herald_agent_actions', age: 'recorded_at' },
};

/** Workers run retention. Whatever goes wrong there, rows younger than a day cannot be deleted. */
export class LetWorkersRemoveWhatIsOld1764000080000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, { role, age }] of Object.entries(REMOVABLE)) {
      await runner.query(`
        create policy only_what_is_old on ${table} as restrictive for delete to ${role}
          using (${age} < now() - interval '1 day');
        grant delete on ${table} to ${role}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, { role }] of Object.entries(REMOVABLE)) {
      await runner.query(`revoke delete on ${table} from ${role}; drop policy only_what_is_old on ${table}`);
    }
  }
}
