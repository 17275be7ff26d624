import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../index-beside-work.js';

/** The open questions that end or are to be reminded of, by the time at which they are due. */
const INDEXES = { notifications_due: 'expires_at', notifications_reminders: 'remind_at' };

export class FindQuestionsThatEnd1764000125100 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table notifications validate constraint notifications_status_check');
    for (const [name, column] of Object.entries(INDEXES)) {
      await buildIndex(
        runner,
        name,
        `on notifications (${column}) where status = 'requested' and ${column} is not null`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`drop index if exists ${name}`);
  }
}
