import { programOf } from '@herald/operator';
import type { Command } from 'commander';

export function addUp(program: Command): void {
  program
    .command('up')
    .description('starts everything on this machine: Postgres, Redis, demo data and all services')
    .addHelpText('after', variables)
    .action(async () => {
      // Another program: it is run by its path, in this process, so that signals reach it.
      await import(programOf('local'));
    });
}

const variables = `
Environment:
  PORT          the gateway's port (3000)
  OPS_PORT      the port of ops (3100)
  DATABASE_URL  a Postgres to use instead of starting one
  REDIS_URL     a Redis to use instead of starting one
  HERALD_DATA   the folder of data and secrets (.herald in the checkout)
  HERALD_DEBUG  1 shows the stack of an error`;
