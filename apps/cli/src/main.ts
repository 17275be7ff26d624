import { Command } from 'commander';
import { addDeadLetters } from './commands/dead-letters.js';
import { addMigrate } from './commands/migrate.js';
import { addSeed } from './commands/seed.js';
import { addTypes } from './commands/types.js';
import { addUp } from './commands/up.js';
import { fail } from './failure.js';

const program = new Command('herald').description('Runs and administers Herald.');
addUp(program);
addMigrate(program);
addSeed(program);
addTypes(program);
addDeadLetters(program);
program.parseAsync().catch(fail);
