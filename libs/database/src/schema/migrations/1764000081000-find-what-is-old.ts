import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../index-beside-work.js';

const AGES = { feed_messages: 'delivered_at', agent_actions: 'recorded_at' };

/** Rows lie in the order in which they came, so that a few pages of BRIN find the oldest of all companies. */
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
