import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../index-beside-work.js';

/** The open questions that end or are to be reminded of, by the time at which they are due. */
const INDEXES = { notifications_due: 'expires_at', notifications_reminders: 'remind_at' };

/** A million questions may end at once: their events are published one after the other, without sorting them all. */
const EVENTS = `on outbox (queue, accepted_at, id)
  where job_id is null and queue in ('merchant-answers.events', 'merchant-answers.answered')`;

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
    await buildIndex(runner, 'outbox_events', EVENTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists outbox_events');
    for (const name of Object.keys(INDEXES)) await runner.query(`drop index if exists ${name}`);
  }
}
