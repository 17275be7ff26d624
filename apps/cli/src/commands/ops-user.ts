import type { Command } from 'commander';

export function addOpsUser(program: Command): void {
  program
    .command('ops-user')
    .argument('<name>', 'how they log in')
    .option('--admin', 'may see what messages say, retry, replay and drop; without it they may look, at ids alone')
    .description('reads a password and prints the line of OPS_USERS that lets somebody into ops')
    .addHelpText('after', '\nThe password is asked for at a terminal, else it is the first line of the standard input.')
    .action(async (name: string, { admin }: { admin?: true }) => {
      const { opsUser } = await import('../ops-user/ops-user.js');
      console.log(await opsUser(name, admin ? 'admin' : 'viewer'));
    });
}
