import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../index-beside-work.js';

const INDEXES = {
  feed_messages_read: 'on feed_messages (read_at) where read_at is not null',
  agent_actions_read: `on agent_actions (updated_at) where status <> 'unread'`,
  agent_actions_expiry: 'on agent_actions (expires_at) where expires_at is not null',
  notifications_ended: `on notifications (updated_at) where status <> 'requested'`,
};

/** Finds what was read, has expired or was answered longest ago. Rows enter these indexes only then. */
export class FindWhatHasEnded1764000126100 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) await buildIndex(runner, name, definition);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`drop index if exists ${name}`);
  }
}
