import type { Command } from 'commander';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('brings the schema of the database at DATABASE_URL up to date')
    .action(async () => {
      // The build rewrites @herald/… in import statements only, so what is loaded late has a file of its own.
      const { migrateGivenDatabase } = await import('../migrate/migrate.js');
      await migrateGivenDatabase();
    });
}
