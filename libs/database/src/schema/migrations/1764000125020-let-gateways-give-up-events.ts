import type { MigrationInterface, QueryRunner } from 'typeorm';
import { EVENTS, OLD_EVENTS } from './1764000125010-let-workers-tell-of-ends.js';

const mayGiveUp = (events: string) => `
  alter policy gateway_gives_up on dead_letters
    with check (current_setting('herald.feeding', true) = 'on' and ${events})`;

/** Events that cannot be published are given up like others. In a transaction of its own: it waits for one table. */
export class LetGatewaysGiveUpEvents1764000125020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(mayGiveUp(EVENTS));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(mayGiveUp(OLD_EVENTS));
  }
}
