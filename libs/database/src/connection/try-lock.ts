import type { Sql } from './database.js';

/** $1 name. */
const TRY_LOCK = 'select pg_try_advisory_xact_lock(hashtext($1)) as mine';

/** Takes the lock of that name until the end of the transaction; returns false while another process has it. */
export async function tryLock(tx: Sql, name: string): Promise<boolean> {
  const [lock] = await tx.query<{ mine: boolean }>(TRY_LOCK, [name]);
  return lock?.mine ?? false;
}
