import type { Sql } from '../../connection/database.js';
import { tryLock } from '../../connection/try-lock.js';

/** A kind of rows that is kept for a number of days. */
export interface Kept {
  /** Name in the log and in the advisory lock. */
  name: string;
  /** $1 days, $2 limit. Selects and locks ids of older rows; rows locked by others are left for the next batch. */
  lock: string;
  /** $1 ids. Removes these rows and those that belong to them. */
  remove: string;
}

/** Selects and locks the ids of rows of a table that are older than $1 days, at most $2. */
export const oldest = (table: string, age: string): string => `
  select id from ${table} where ${age} < now() - $1::integer * interval '1 day' limit $2 for update skip locked`;

/**
 * Removes one batch within the transaction `tx`. Returns its size, or undefined while another process removes the same
 * kind.
 */
export async function removeOld(tx: Sql, kept: Kept, days: number, atMost: number): Promise<number | undefined> {
  if (!(await tryLock(tx, `herald retention ${kept.name}`))) return undefined;
  const old = await tx.query<{ id: string }>(kept.lock, [days, atMost]);
  if (old.length > 0) await tx.query(kept.remove, [old.map(({ id }) => id)]);
  return old.length;
}
