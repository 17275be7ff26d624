import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../index-beside-work.js';

const BEFORE = { type: 'notification_type', priority: 'priority', status: 'status' };
const NOW = { state: 'status, priority', kind: 'notification_type, status, priority' };

const on = (columns: string) => `on agent_actions (company_id, ${columns}, created_at, id)`;

/**
 * A page filtered by type, status and priority, in any combination, is merged from ranges of two indexes without other
 * rows.
 */
export class MergePagesOfActions1764000100000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, columns] of Object.entries(NOW)) await buildIndex(runner, `agent_actions_${name}`, on(columns));
    for (const name of Object.keys(BEFORE)) await dropIndex(runner, `agent_actions_${name}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, columns] of Object.entries(BEFORE)) {
      await runner.query(`create index agent_actions_${name} ${on(columns)}`);
    }
    for (const name of Object.keys(NOW)) await runner.query(`drop index agent_actions_${name}`);
  }
}
