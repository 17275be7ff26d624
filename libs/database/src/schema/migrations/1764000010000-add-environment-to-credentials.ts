import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The environment in a token (`hrld_<env>_…`), so that a rotation can repeat it. */
export class AddEnvironmentToCredentials1764000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table credentials add column environment text not null default 'live'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table credentials drop column environment`);
  }
}
