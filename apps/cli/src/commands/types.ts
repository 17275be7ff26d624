import { readFile } from 'node:fs/promises';
import { NotificationType } from '@herald/contracts';
import type { Database } from '@herald/database';
import type { Command } from 'commander';
import { Failure } from '../failure.js';

export function addTypes(program: Command): void {
  const types = program
    .command('types')
    .description('the kinds of question that merchants answer, in the database at DATABASE_URL');
  types
    .command('list')
    .description('shows every type, as JSON that `types add` takes')
    .action(() => withDatabase(list));
  types
    .command('add')
    .argument('<file>', 'a JSON file that describes the type')
    .option('--replace', 'also when there is a type of this name; notifications made earlier keep their rules', false)
    .description('adds a type after checking it')
    .action((file: string, { replace }: { replace: boolean }) =>
      withDatabase((database) => add(database, file, replace)),
    );
}

async function list(database: Database): Promise<void> {
  const { listTypes } = await import('@herald/database');
  console.log(JSON.stringify(await listTypes(database), null, 2));
}

async function add(database: Database, file: string, replace: boolean): Promise<void> {
  const { saveType } = await import('@herald/database');
  const type = await readType(file);
  if (!(await saveType(database, type, replace))) {
    throw new Failure(`There is a type "${type.name}" already. To put this one in its place: --replace`);
  }
  console.log(`The type "${type.name}" may be asked for from now on.`);
}

/** @throws Failure with everything that is wrong with it */
async function readType(file: string): Promise<NotificationType> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new Failure(`${file} cannot be read: ${error.message}`);
  });
  const parsed = NotificationType.safeParse(jsonOf(text, file));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'type'}: ${message}`);
  throw new Failure(`${file} is not a type of question:\n${faults.join('\n')}`);
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Failure('DATABASE_URL must be set to the database of Herald, as postgres://…');
  const { Database } = await import('@herald/database');
  const database = new Database({ url, applicationName: 'herald-types', poolSize: 1 });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}
