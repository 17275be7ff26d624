import type { QueryRunner } from 'typeorm';

/**
 * Changes an index while writers continue, which is impossible within a transaction: the migration sets
 * `transaction = false`. It waits for open transactions without a limit, because nothing waits behind it and a new
 * attempt would start from the beginning.
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
  // An interrupted build leaves an invalid index.
  await dropIndex(runner, name);
  await besideWork(runner, `create index concurrently ${name} ${definition}`);
}

export const dropIndex = (runner: QueryRunner, name: string): Promise<void> =>
  besideWork(runner, `drop index concurrently if exists ${name}`);
