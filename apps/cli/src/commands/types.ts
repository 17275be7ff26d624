import type { Command } from 'commander';

export function addTypes(program: Command): void {
  const types = program
    .command('types')
    .description('the kinds of question that merchants answer, in the database at DATABASE_URL');
  types
    .command('list')
    .option('--json', 'as JSON, with the schemas, which is also what a pipe or a file gets')
    .description('shows every type')
    .action(async ({ json }: { json?: boolean }) => {
      const { list } = await import('../question-types/question-types.js');
      await list(json);
    });
  types
    .command('add')
    .argument('<file>', 'a JSON file that describes the type, as `types list --json` shows one')
    .option('--replace', 'also when there is a type of this name; what was asked earlier keeps its rules', false)
    .description('checks a type and adds it')
    .action(async (file: string, { replace }: { replace: boolean }) => {
      const { add } = await import('../question-types/question-types.js');
      await add(file, replace);
    });
}
