import type { MigrationInterface, QueryRunner } from 'typeorm';

const ROLES = 'herald_delivery, herald_agent_actions, herald_ops';

/**
 * Roles that write or replay messages that no gateway checked may see which companies exist, and nothing else of them.
 */
export class LetWorkersKnowCompanies1764000110000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create policy known_to_workers on companies for select to ${ROLES} using (true);
      grant select (id) on companies to ${ROLES};
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      revoke select (id) on companies from ${ROLES};
      drop policy known_to_workers on companies;
    `);
  }
}
