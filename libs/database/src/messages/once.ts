import { createHash } from 'node:crypto';
import { type CommandResult, type JobRun, keyReused } from '@herald/contracts';
import { stringify } from 'safe-stable-stringify';
import type { Database, Sql } from '../connection/database.js';

/** Returns a hash that is equal for equal JSON, regardless of the order of keys. */
export const bodyHash = (body: unknown): Buffer =>
  createHash('sha256')
    .update(stringify(body) ?? '')
    .digest();

/** Whose command it is, and the run that carries it out: its trace. */
export interface CommandOrigin {
  /** The tenant: a company, or a merchant's id from `merchantTenant`. */
  companyId: string;
  run: Pick<JobRun, 'queue' | 'queuedAt' | 'startedAt'>;
}

interface Earlier<Verdict> {
  body_hash: Buffer;
  verdict: Verdict;
  created_at: Date;
  correlation_ids: string[] | null;
  [column: string]: unknown;
}

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
  { companyId, run }: CommandOrigin,
): Promise<CommandResult<Verdict>> {
  const hash = bodyHash(body);
  return database.transaction(async (tx) => {
    const [first] = await tx.query(
      `insert into requests (id, body_hash, company_id, queue, queued_at, started_at) values ($1, $2, $3, $4, $5, $6)
           on conflict (id) do nothing returning id`,
      [id, hash, companyId, run.queue, run.queuedAt, run.startedAt],
    );
    if (!first) {
      const [earlier] = await tx.query<Earlier<Verdict>>(
        'select body_hash, verdict, created_at, correlation_ids from requests where id = $1',
        [id],
      );
      if (!earlier?.body_hash.equals(hash)) throw keyReused();
      return resultOf(earlier.verdict, earlier, true);
    }
    const verdict = await effect(tx);
    const [stored] = await tx.query<Earlier<Verdict>>(
      'update requests set verdict = $2 where id = $1 returning created_at, correlation_ids',
      [id, JSON.stringify(verdict)],
    );
    return resultOf(verdict, stored, false);
  });
}

/** $1 id of the request, $2 correlationId. */
const RENAME = 'update requests set correlation_ids = array[$2::uuid] where id = $1';

/** Records, within the effect of a command, that it has another correlationId than its own id, which is in use. */
export async function renameCommand(tx: Sql, id: string, correlationId: string): Promise<void> {
  await tx.query(RENAME, [id, correlationId]);
}

/** Returns the result of a command with what is stored of it. */
export const resultOf = <Verdict>(
  verdict: Verdict,
  stored: { created_at: Date; correlation_ids: string[] | null } | undefined,
  replayed: boolean,
): CommandResult<Verdict> => ({
  verdict,
  replayed,
  ...(stored ? { since: stored.created_at.toISOString() } : {}),
  ...(stored?.correlation_ids ? { correlationId: stored.correlation_ids[0] } : {}),
});
