import { fail, version } from '@herald/operator';
import { Command } from 'commander';
import { addCompanies, addKeys, addTokens, addUsers } from './commands/accounts.js';
import { addDeadLetters } from './commands/dead-letters.js';
import { addErase } from './commands/erase.js';
import { addMigrate } from './commands/migrate.js';
import { addOpsUser } from './commands/ops-user.js';
import { addSeed } from './commands/seed.js';
import { addSettings } from './commands/settings.js';
import { addTrace } from './commands/trace.js';
import { addTypes } from './commands/types.js';
import { addUp } from './commands/up.js';

const program = new Command('herald')
  .version(version)
  .description('Runs and administers Herald.')
  .addHelpText(
    'after',
    '\nCommands work on DATABASE_URL and REDIS_URL; where neither is set, on the servers of `npm start` (HERALD_DATA).',
  );
addUp(program);
addMigrate(program);
addCompanies(program);
addUsers(program);
addKeys(program);
addTokens(program);
addSeed(program);
addTypes(program);
addDeadLetters(program);
addErase(program);
addOpsUser(program);
addTrace(program);
addSettings(program);
program.parseAsync().catch(fail);
