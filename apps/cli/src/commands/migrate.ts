import type { Command } from 'commander';
import { Failure } from '../failure.js';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('brings the schema of the database at DATABASE_URL up to date')
    .action(async () => {
      const url = process.env['DATABASE_URL'];
      if (!url) throw new Failure('DATABASE_URL must be set to the database to migrate, as postgres://…');
      const { migrate } = await import('@herald/database');
      await migrate(url);
      console.log('The schema is up to date.');
    });
}
