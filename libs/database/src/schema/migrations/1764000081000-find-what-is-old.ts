import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../index-beside-work.js';

const AGES = { feed_messages: 'delivered_at', agent_actions: 'recorded_at' };

/** Rows are stored in order of arrival, so a small BRIN index finds the oldest rows of all companies. */
export class FindWhatIsOld1764000081000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, age] of Object.entries(AGES)) {
      await buildIndex(runner, `${table}_age`, `on ${table} using brin (${age}) with (autosummarize = on)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(AGES)) await runner.query(`drop index if exists ${table}_age`);
  }
}
