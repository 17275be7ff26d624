import { type Command, InvalidArgumentError } from 'commander';

const wholeNumber = (text: string) => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
};

export function addSeed(program: Command): void {
  program
    .command('seed')
    .description('fills the database at DATABASE_URL with realistic agent actions, counters included')
    .requiredOption('--actions <count>', 'the number of actions to add', wholeNumber)
    .option('--company <id>', 'the company; default: the first one of the demo')
    .option('--days <count>', 'spreads the actions over this many days until now', wholeNumber, 90)
    .action(async (options: { actions: number; company?: string; days: number }) => {
      // The build rewrites @herald/… in import statements only, so lazily loaded code needs a file of its own.
      const { seedGivenDatabase } = await import('../seed/seed.js');
      await seedGivenDatabase(options);
    });
}
