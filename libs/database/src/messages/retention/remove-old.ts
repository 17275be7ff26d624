import type { Sql } from '../../connection/database.js';
import { tryLock } from '../../connection/try-lock.js';

/** A kind of rows that is kept for a time. */
export interface Kept {
  /** Name in the log, the metrics and the advisory lock. */
  name: string;
  table: string;
  unit: 'days' | 'hours';
  /** True for rows that nobody reads again: their removal is no warning in the log. */
  isRoutine?: true;
  /** $1 age, $2 limit. Selects and locks ids of older rows; rows locked by others are left for the next slice. */
  lock: string;
  /** $1 ids. Removes these rows and those that belong to them. */
  remove: string;
  /** Selects the age in seconds of the oldest row, as `seconds`. Absent where no index tells it. */
  oldest?: string;
}

/** Selects and locks the ids of rows of a table that are older than $1 days, at most $2. */
export const oldest = (table: string, age: string): string => `
  select id from ${table} where ${age} < now() - $1::integer * interval '1 day' limit $2 for update skip locked`;

/** As `oldest`, for a column that an index has in order: of rows that fulfil a condition. */
export const oldestFirst = (table: string, age: string, condition: string): string => `
  select id from ${table} where ${age} < now() - $1::integer * interval '1 day' and ${condition}
   order by ${age} limit $2 for update skip locked`;

/** Selects how long ago the oldest of some rows was. */
export const ageOfOldest = (rows: string, age: string): string =>
  `select coalesce(extract(epoch from now() - min(${age})), 0)::float8 as seconds from ${rows}`;

/**
 * Removes one slice within the transaction `tx`. Returns its size, or undefined while another process removes the same
 * kind.
 */
export async function removeOld(tx: Sql, kept: Kept, age: number, atMost: number): Promise<number | undefined> {
  if (!(await tryLock(tx, `herald retention ${kept.name}`))) return undefined;
  const old = await tx.query<{ id: string }>(kept.lock, [age, atMost]);
  if (old.length > 0) await tx.query(kept.remove, [old.map(({ id }) => id)]);
  return old.length;
}
