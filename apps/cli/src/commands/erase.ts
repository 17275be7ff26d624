import type { Command } from 'commander';
import type { EraseOptions } from '../erase/erase.js';

export function addErase(program: Command): void {
  program
    .command('erase')
    .description('erases a person of a company, or a lead of a merchant, from the database at DATABASE_URL, for good')
    .option('--company <id>', 'the company of the person')
    .option('--user <id>', 'the id of the person in the directory; default: looked up by login')
    .option('--login <login>', 'the login of the person in messages; default: looked up by id')
    .option('--lead <phone>', 'the phone of a lead, as in conversations and questions')
    .option('--merchant <id>', 'the merchant of the lead; default: all merchants')
    .option('--dry-run', 'changes nothing and counts what would be erased')
    .option('--yes', 'does not ask for confirmation')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', scope)
    .action(async (options: EraseOptions) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { erase } = await import('../erase/erase.js');
      await erase(options);
    });
}

const scope = `
Erased for a person: messages received and written, whether delivered, owed or given up; entries among the recipients of
actions, the sender of actions, and the directory entry. For a lead: conversations with their questions and answers,
other questions that name the phone, and what is owed or given up of these, events included. With REDIS_URL set, also
the jobs in Redis that name them. Not searched: texts and metadata written by others, errors of attempts at other
messages, logins that a key is bound to, logs, backups.`;
