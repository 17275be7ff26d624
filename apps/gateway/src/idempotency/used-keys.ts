import type { Database } from '@herald/database';
import type { IdempotencyKey } from './idempotency-key.js';

const FIND = 'select id, body_hash from requests where id = any($1::uuid[])';

/**
 * Returns those of the used keys whose request had the same body: they repeat it. The others were used with another
 * body.
 */
export async function findRepeated(database: Database, keys: IdempotencyKey[]): Promise<Set<IdempotencyKey>> {
  if (keys.length === 0) return new Set();
  const rows = await database.query<{ id: string; body_hash: Buffer }>(FIND, [keys.map(({ id }) => id)]);
  const hashes = new Map(rows.map(({ id, body_hash }) => [id, body_hash]));
  return new Set(keys.filter(({ id, hash }) => hashes.get(id)?.equals(hash)));
}
