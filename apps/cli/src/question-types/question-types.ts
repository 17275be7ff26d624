import { readFile } from 'node:fs/promises';
import { check, fieldErrors, NotificationType } from '@herald/contracts';
import { type Database, listTypes, saveType } from '@herald/database';
import { Failure } from '@herald/operator';
import { withGivenDatabase } from '../given-database.js';
import { table } from '../table.js';

/** Prints all types: a table on a terminal, otherwise JSON. Programs read JSON from a pipe before `--json` existed. */
export async function list(json = !process.stdout.isTTY): Promise<void> {
  const types = await withDatabase(listTypes);
  console.log(json ? JSON.stringify(types, null, 2) : typeTable(types));
}

const typeTable = (types: NotificationType[]) =>
  table(
    ['name', 'asks for', 'answered by', 'answers'],
    types.map(({ name, requested_fields, answered_fields, allow_multiple_answers }) => [
      name,
      requested_fields.join(' '),
      answered_fields.join(' '),
      allow_multiple_answers ? 'several' : 'one',
    ]),
    ['name', 'asks for', 'answered by'],
  );

/** @throws Failure with all faults of the type, or when a type with this name exists */
export async function add(file: string, replace: boolean): Promise<void> {
  const type = await readType(file);
  if (!(await withDatabase((database) => saveType(database, type, replace)))) {
    throw new Failure(`There is a type "${type.name}" already. To replace it: --replace`);
  }
  console.log(`The type "${type.name}" can be used from now on.`);
}

async function readType(file: string): Promise<NotificationType> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new Failure(`${file} cannot be read: ${error.message}`);
  });
  const { value, issues } = check(NotificationType, jsonOf(text, file));
  if (value) return value;
  const faults = fieldErrors(issues, 'type').map(({ field, message }) => `  ${field}: ${message}`);
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
