import type { QueryRunner } from 'typeorm';

/**
 * Changes an index while writers go on, which no transaction may do: the migration says `transaction = false`. Waits for the
 * transactions that are open, however long they take: nobody waits behind it, and one that gave up would have to begin again.
 */
async function besideWork(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('set lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await runner.query('reset lock_timeout');
  }
}

/** @param definition from `on` to its end */
export async function buildIndex(runner: QueryRunner, name: string, definition: string): Promise<void> {
  // One that was broken off is there and of no use.
  await dropIndex(runner, name);
  await besideWork(runner, `create index concurrently ${name} ${definition}`);
}

export const dropIndex = (runner: QueryRunner, name: string): Promise<void> =>
  besideWork(runner, `drop index concurrently if exists ${name}`);
