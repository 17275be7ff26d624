import type { Command } from 'commander';
import type { TraceOptions } from '../trace/trace.js';

export function addTrace(program: Command): void {
  program
    .command('trace')
    .argument('<correlationId>', 'the id that the send returned')
    .option('--gateway <url>', 'asks a gateway instead of the database at DATABASE_URL')
    .option('--token <key>', 'a key for the gateway, with the scope messages:read; default: HERALD_TOKEN')
    .option('--json', 'as JSON')
    .description('shows the trace of a message: every step from its acceptance to its end')
    .action(async (correlationId: string, options: TraceOptions) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { trace } = await import('../trace/trace.js');
      await trace(correlationId, options);
    });
}
