import type { Command } from 'commander';

export function addSettings(program: Command): void {
  program
    .command('settings')
    .argument('[service]', 'gateway, delivery, agent-actions, merchant-answers or ops; default: all')
    .option('--json', 'as JSON')
    .description('lists the environment variables that services read, with their defaults, and no values')
    .action(async (service: string | undefined, options: { json?: boolean }) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { showSettings } = await import('../settings/settings.js');
      await showSettings(service, options);
    });
}
