import type { Command } from 'commander';
import type { EraseOptions } from '../erase/erase.js';

export function addErase(program: Command): void {
  program
    .command('erase')
    .description(
      'takes a person of a company, or the lead of a merchant, out of the database at DATABASE_URL, for good',
    )
    .option('--company <id>', 'whose person')
    .option('--user <id>', 'in the directory, as agent actions name people; looked up by login unless given')
    .option('--login <login>', 'as messages name people; looked up by id unless given')
    .option('--lead <phone>', 'or the customer whose phone conversations and questions name so')
    .option('--merchant <id>', 'of the lead; all merchants unless given')
    .option('--dry-run', 'changes nothing and counts what tells of them')
    .option('--yes', 'does not ask')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', scope)
    .action(async (options: EraseOptions) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { erase } = await import('../erase/erase.js');
      await erase(options);
    });
}

const scope = `
Erased of a person: messages received and written, delivered, owed or given up; received actions, the sender of sent ones; the
directory's entry. Of a lead: conversations with their questions and answers, others' questions that name the phone, and
what is owed or given up of all these, events included. With REDIS_URL set, the jobs in Redis that tell of them too. Not read:
texts and metadata that others wrote, how attempts at others' messages failed, logins that a key is bound to, logs, backups.`;
