import type { Command } from 'commander';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('brings the schema of the database at DATABASE_URL up to date')
    .addHelpText('after', variables)
    .action(async () => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { migrateGivenDatabase } = await import('../migrate/migrate.js');
      await migrateGivenDatabase();
    });
}

const variables = `
Environment:
  DATABASE_URL              the database, as the login that owns it and may alter roles
  HERALD_GATEWAY_PASSWORD   lets the gateway's role log in with this password; likewise
                            HERALD_DELIVERY_PASSWORD, HERALD_AGENT_ACTIONS_PASSWORD,
                            HERALD_MERCHANT_ANSWERS_PASSWORD, HERALD_OPS_PASSWORD`;
