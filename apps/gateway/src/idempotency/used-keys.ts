import { type Database, findHashes } from '@herald/database';
import type { IdempotencyKey } from './idempotency-key.js';

/**
 * Returns those of the used keys whose request had the same body: they repeat it. The others were used with another
 * body.
 */
export async function findRepeated(database: Database, keys: IdempotencyKey[]): Promise<Set<IdempotencyKey>> {
  if (keys.length === 0) return new Set();
  const ids = keys.map(({ id }) => id);
  const hashes = await findHashes(database, ids);
  return new Set(keys.filter(({ id, hash }) => hashes.get(id)?.equals(hash)));
}
