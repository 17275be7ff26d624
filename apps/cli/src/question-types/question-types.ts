import { readFile } from 'node:fs/promises';
import { NotificationType } from '@herald/contracts';
import { type Database, listTypes, saveType } from '@herald/database';
import { Failure } from '../failure.js';
import { withGivenDatabase } from '../given-database.js';

/** Prints the registry. */
export async function list(): Promise<void> {
  console.log(JSON.stringify(await withDatabase(listTypes), null, 2));
}

/** @throws Failure with everything that is wrong with the type, or when there is one of its name */
export async function add(file: string, replace: boolean): Promise<void> {
  const type = await readType(file);
  if (!(await withDatabase((database) => saveType(database, type, replace)))) {
    throw new Failure(`There is a type "${type.name}" already. To put this one in its place: --replace`);
  }
  console.log(`The type "${type.name}" may be asked for from now on.`);
}

async function readType(file: string): Promise<NotificationType> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new Failure(`${file} cannot be read: ${error.message}`);
  });
  const parsed = NotificationType.safeParse(jsonOf(text, file));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'type'}: ${message}`);
  throw new Failure(`${file} does not describe a type of question:\n${faults.join('\n')}`);
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

const withDatabase = <T>(work: (database: Database) => Promise<T>) => withGivenDatabase('types', work);
