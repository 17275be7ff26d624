import type { Command } from 'commander';
import type { ListOptions } from '../dead-letters/look.js';
import type { SelectionOptions } from '../dead-letters/selection.js';
import type { WorkOffOptions } from '../dead-letters/work-off.js';

export function addDeadLetters(program: Command): void {
  const deadLetters = program
    .command('dead-letters')
    .description('messages that were given up, in the database at DATABASE_URL');

  filtered(deadLetters.command('list'))
    .description('shows dead letters, newest first')
    .option('--limit <count>', 'how many at the most', '50')
    .option('--cursor <id>', 'goes on where an earlier list ended')
    .option('--faults', 'counts them by queue, job and error instead')
    .option('--json', 'as JSON')
    .action(async (ids: string[], options: ListOptions) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { list } = await import('../dead-letters/look.js');
      await list(ids, options);
    });

  deadLetters
    .command('show')
    .argument('<id>', 'of the dead letter')
    .description('shows one with its content and all that happened to it, as JSON')
    .action(async (id: string) => {
      const { show } = await import('../dead-letters/look.js');
      await show(id);
    });

  changing(deadLetters.command('replay'))
    .description('sends messages back to be delivered; what cannot go back stays and the reason is told')
    .action(async (ids: string[], options: WorkOffOptions) => {
      const { replay } = await import('../dead-letters/work-off.js');
      await replay(ids, options);
    });

  changing(deadLetters.command('drop'))
    .description('throws dead letters away, for good')
    .action(async (ids: string[], options: WorkOffOptions) => {
      const { drop } = await import('../dead-letters/work-off.js');
      await drop(ids, options);
    });
}

const filters: Record<keyof SelectionOptions, [flag: string, description: string]> = {
  queue: ['--queue <name>', 'delivery, agent-actions, merchant-answers or merchant-answers.answered'],
  job: ['--job <name>', 'as deliver, record or answer'],
  company: ['--company <id>', 'whose messages'],
  correlationId: ['--correlation-id <id>', 'of the message'],
  error: ['--error <text>', 'part of the reason, in either case'],
  since: ['--since <time>', 'given up at this time or later, in ISO 8601 (UTC unless it says otherwise)'],
  until: ['--until <time>', 'given up before this time'],
};

function filtered(command: Command): Command {
  command.argument('[ids...]', 'of dead letters; all that match unless given');
  for (const [flag, description] of Object.values(filters)) command.option(flag, description);
  return command;
}

const changing = (command: Command) =>
  filtered(command)
    .option('--all', 'every dead letter: needed where neither ids nor a filter say which')
    .option('--limit <count>', 'at most this many, the oldest first')
    .option('--dry-run', 'changes nothing and tells what would happen')
    .option('--yes', 'does not ask')
    .option('--json', 'the outcome as JSON');
