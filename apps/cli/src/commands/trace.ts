import type { Command } from 'commander';
import type { TraceOptions } from '../trace/trace.js';

export function addTrace(program: Command): void {
  program
    .command('trace')
    .argument('<correlationId>', 'of the message, as sending it gave')
    .option('--gateway <url>', 'asks a gateway instead of the database at DATABASE_URL')
    .option('--token <key>', 'for the gateway: a key with the scope messages:read; HERALD_TOKEN unless given')
    .option('--json', 'as JSON')
    .description('shows the way of a message, step by step, from accepting it to its end')
    .action(async (correlationId: string, options: TraceOptions) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { trace } = await import('../trace/trace.js');
      await trace(correlationId, options);
    });
}
