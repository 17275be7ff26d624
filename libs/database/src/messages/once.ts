import { createHash } from 'node:crypto';
import { type CommandResult, keyReused } from '@herald/contracts';
import { stringify } from 'safe-stable-stringify';
import type { Database, Sql } from '../connection/database.js';

/** Returns a hash that is equal for equal JSON, regardless of the order of keys. */
export const bodyHash = (body: unknown): Buffer =>
  createHash('sha256')
    .update(stringify(body) ?? '')
    .digest();

/**
 * Runs a command's effect once per id, in one transaction with the record of its verdict. A second run, because of a
 * retry or because a job was processed twice, waits for the first and returns its verdict. An effect that throws leaves
 * no record, so the key can be used again.
 *
 * @throws Refusal 422 when the id was used with another body
 */
export function once<Verdict>(
  database: Database,
  id: string,
  body: unknown,
  effect: (tx: Sql) => Promise<Verdict>,
): Promise<CommandResult<Verdict>> {
  const hash = bodyHash(body);
  return database.transaction(async (tx) => {
    const [first] = await tx.query(
      'insert into requests (id, body_hash) values ($1, $2) on conflict (id) do nothing returning id',
      [id, hash],
    );
    if (!first) {
      const [earlier] = await tx.query<{ body_hash: Buffer; verdict: Verdict }>(
        'select body_hash, verdict from requests where id = $1',
        [id],
      );
      if (!earlier?.body_hash.equals(hash)) throw keyReused();
      return { verdict: earlier.verdict, replayed: true };
    }
    const verdict = await effect(tx);
    await tx.query('update requests set verdict = $2 where id = $1', [id, JSON.stringify(verdict)]);
    return { verdict, replayed: false };
  });
}
