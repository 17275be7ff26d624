import type { Command } from 'commander';

export function addTypes(program: Command): void {
  const types = program
    .command('types')
    .description('the types of question that merchants answer, in the database at DATABASE_URL');
  types
    .command('list')
    .option('--json', 'as JSON, with the schemas; the default when the output is not a terminal')
    .description('shows every type')
    .action(async ({ json }: { json?: boolean }) => {
      const { list } = await import('../question-types/question-types.js');
      await list(json);
    });
  types
    .command('add')
    .argument('<file>', 'a JSON file that describes the type, as `types list --json` shows one')
    .option('--replace', 'replaces a type of this name; questions asked earlier keep their rules', false)
    .description('checks a type and adds it')
    .action(async (file: string, { replace }: { replace: boolean }) => {
      const { add } = await import('../question-types/question-types.js');
      await add(file, replace);
    });
}
