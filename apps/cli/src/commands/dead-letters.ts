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
    .option('--limit <count>', 'shows at most this many', '50')
    .option('--cursor <id>', 'continues an earlier list')
    .option('--faults', 'shows counts by queue, job and error instead')
    .option('--json', 'as JSON')
    .action(async (ids: string[], options: ListOptions) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { list } = await import('../dead-letters/look.js');
      await list(ids, options);
    });

  deadLetters
    .command('show')
    .argument('<id>', 'the id of the dead letter')
    .description('shows one dead letter with its content and history, as JSON')
    .action(async (id: string) => {
      const { show } = await import('../dead-letters/look.js');
      await show(id);
    });

  changing(deadLetters.command('replay'))
    .description('sends messages back to be delivered; those that cannot be sent back stay, with the reason')
    .action(async (ids: string[], options: WorkOffOptions) => {
      const { replay } = await import('../dead-letters/work-off.js');
      await replay(ids, options);
    });

  changing(deadLetters.command('drop'))
    .description('deletes dead letters, for good')
    .action(async (ids: string[], options: WorkOffOptions) => {
      const { drop } = await import('../dead-letters/work-off.js');
      await drop(ids, options);
    });
}

const filters: Record<keyof SelectionOptions, [flag: string, description: string]> = {
  queue: ['--queue <name>', 'delivery, agent-actions, merchant-answers or one of events, as merchant-answers.events'],
  job: ['--job <name>', 'such as deliver, record or answer'],
  company: ['--company <id>', 'the company of the message'],
  correlationId: ['--correlation-id <id>', 'the id of the message'],
  error: ['--error <text>', 'part of the error; upper and lower case are the same'],
  since: ['--since <time>', 'given up at this time or later, in ISO 8601 (default zone: UTC)'],
  until: ['--until <time>', 'given up before this time'],
};

function filtered(command: Command): Command {
  command.argument('[ids...]', 'the ids of dead letters; default: all that match the filters');
  for (const [flag, description] of Object.values(filters)) command.option(flag, description);
  return command;
}

const changing = (command: Command) =>
  filtered(command)
    .option('--all', 'all dead letters; required without ids and filters')
    .option('--limit <count>', 'at most this many, the oldest first')
    .option('--dry-run', 'changes nothing and shows what would happen')
    .option('--yes', 'does not ask for confirmation')
    .option('--json', 'the outcome as JSON');
