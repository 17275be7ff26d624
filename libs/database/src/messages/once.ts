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
 * Claims an id for a command. Returns the record of an earlier run, or undefined for the first; a second run waits for
 * the first one's transaction.
 * @throws Refusal 422 when the id was used with another body
 */
export async function claim<Verdict>(tx: Sql, id: string, hash: Buffer): Promise<{ verdict: Verdict } | undefined> {
  const [first] = await tx.query(
    'insert into requests (id, body_hash) values ($1, $2) on conflict (id) do nothing returning id',
    [id, hash],
  );
  if (first) return undefined;
  const [earlier] = await tx.query<{ body_hash: Buffer; verdict: Verdict }>(
    'select body_hash, verdict from requests where id = $1',
    [id],
  );
  if (!earlier?.body_hash.equals(hash)) throw keyReused();
  return earlier;
}

/** Records the verdict of a claimed id. */
export const record = (tx: Sql, id: string, verdict: unknown): Promise<unknown> =>
  tx.query('update requests set verdict = $2 where id = $1', [id, JSON.stringify(verdict)]);

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
    const earlier = await claim<Verdict>(tx, id, hash);
    if (earlier) return { verdict: earlier.verdict, replayed: true };
    const verdict = await effect(tx);
    await record(tx, id, verdict);
    return { verdict, replayed: false };
  });
}
