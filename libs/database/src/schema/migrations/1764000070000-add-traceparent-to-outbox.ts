import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The trace of an accepted message, stored because Redis may lose its jobs. Null while tracing is off. */
export class AddTraceparentToOutbox1764000070000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox add column traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox drop column traceparent');
  }
}
