import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../index-beside-work.js';

const by = (columns: string, where = '') =>
  `on feed_messages (company_id, recipient_login, ${columns}created_at, id) ${where}`;

/** Marks of everything received go through the messages of one status, or through the unseen ones, from the oldest on. */
export class FindMessagesByStatus1764000122100 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'feed_messages_status', by('status, '));
    await buildIndex(runner, 'feed_messages_unseen', by('', `where status = 'unread' and seen_at is null`));
    await dropIndex(runner, 'feed_messages_unread');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create index feed_messages_unread ${by('', `where status = 'unread'`)}`);
    await runner.query('drop index if exists feed_messages_unseen; drop index if exists feed_messages_status');
  }
}
