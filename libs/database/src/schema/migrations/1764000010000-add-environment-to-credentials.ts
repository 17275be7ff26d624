import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a token says of its environment (`hrld_<env>_…`): the secret of a rotation says the same. */
export class AddEnvironmentToCredentials1764000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table credentials add column environment text not null default 'live'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table credentials drop column environment`);
  }
}
