import type { Command } from 'commander';

export function addOpsUser(program: Command): void {
  program
    .command('ops-user')
    .argument('<name>', 'the name to log in with')
    .option('--admin', 'may read messages, retry, replay and drop; without it, may only look, and sees ids alone')
    .description('reads a password and prints a line of OPS_USERS: a login to ops')
    .addHelpText(
      'after',
      '\nAt a terminal it asks for the password. Otherwise the first line of standard input is the password.',
    )
    .action(async (name: string, { admin }: { admin?: true }) => {
      const { opsUser } = await import('../ops-user/ops-user.js');
      console.log(await opsUser(name, admin ? 'admin' : 'viewer'));
    });
}
