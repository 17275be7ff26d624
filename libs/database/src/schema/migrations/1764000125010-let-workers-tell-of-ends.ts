import type { MigrationInterface, QueryRunner } from 'typeorm';

export const EVENTS = `queue in ('merchant-answers.answered', 'merchant-answers.events')`;
export const OLD_EVENTS = `queue = 'merchant-answers.answered'`;

const mayTell = (events: string) => `
  alter policy merchant_answers_tells on outbox with check (${events});
  alter policy gateway_settles on outbox using (current_setting('herald.feeding', true) = 'on' and ${events})`;

/** The events of questions go through the outbox, like the one of an answer. */
export class LetWorkersTellOfEnds1764000125010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(mayTell(EVENTS));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(mayTell(OLD_EVENTS));
  }
}
