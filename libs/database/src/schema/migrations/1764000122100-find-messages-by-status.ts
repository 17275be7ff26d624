import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../index-beside-work.js';

const received = (condition: string) =>
  `on feed_messages (company_id, recipient_login, created_at, id) where ${condition}`;
const UNREAD = `status = 'unread'`;

/** The received messages of each status; what is sent enters the first of these indexes only. */
const RANGES = {
  feed_messages_unseen: received(`${UNREAD} and seen_at is null`),
  feed_messages_seen: received(`${UNREAD} and seen_at is not null`),
  feed_messages_were_read: received(`status = 'read'`),
  feed_messages_archived: received(`status = 'archived'`),
};

export class FindMessagesByStatus1764000122100 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(RANGES)) await buildIndex(runner, name, definition);
    await dropIndex(runner, 'feed_messages_unread');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create index feed_messages_unread ${received(UNREAD)}`);
    await runner.query(`drop index if exists ${Object.keys(RANGES).join(', ')}`);
  }
}
