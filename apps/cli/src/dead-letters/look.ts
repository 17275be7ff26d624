import { type DeadLetter, DeadLetters, type SameFault } from '@herald/database';
import { Failure } from '@herald/operator';
import { withGivenDatabase } from '../given-database.js';
import { table } from '../table.js';
import { readSelection, type SelectionOptions } from './selection.js';

export interface ListOptions extends SelectionOptions {
  limit: string;
  cursor?: string;
  faults?: boolean;
  json?: boolean;
}

/** Prints the dead letters that match, or the number of them per fault. */
export async function list(ids: string[], options: ListOptions): Promise<void> {
  const { filter, limit, cursor } = readSelection(ids, options);
  await withGivenDatabase('dead-letters', async (database) => {
    const deadLetters = new DeadLetters(database);
    if (options.faults) {
      const faults = await deadLetters.sameFaults(filter);
      console.log(options.json ? asJson(faults) : faultTable(faults));
      return;
    }
    const page = await deadLetters.list(filter, { limit, cursor });
    console.log(options.json ? asJson(page) : letterTable(page.deadLetters));
    if (page.nextCursor && !options.json) console.log(`There are more: --cursor ${page.nextCursor}`);
  });
}

/** @throws Failure when there is no such dead letter */
export async function show(id: string): Promise<void> {
  const { filter } = readSelection([id], {});
  const found = await withGivenDatabase('dead-letters', (database) =>
    new DeadLetters(database).find(filter.ids?.[0] as string),
  );
  if (!found) throw new Failure(`There is no dead letter ${id}.`);
  console.log(asJson(found));
}

const asJson = (value: unknown) => JSON.stringify(value, null, 2);

/** Formats a time without milliseconds. The blank allows a line break when the table is too wide. */
const time = (at: Date) =>
  at
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');

const letterTable = (letters: DeadLetter[]) =>
  table(
    ['id', 'given up at', 'queue', 'job', 'correlationId', 'error'],
    letters.map(({ id, givenUpAt, queue, job, correlationId, error }) => [
      id,
      time(givenUpAt),
      queue,
      job,
      correlationId ?? '',
      error,
    ]),
    ['error'],
  );

const faultTable = (faults: SameFault[]) =>
  table(
    ['count', 'newest', 'queue', 'job', 'error'],
    faults.map(({ count, newest, queue, job, error }) => [String(count), time(newest), queue, job, error]),
    ['error'],
  );
