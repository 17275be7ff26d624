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

/** What is stored of a command. */
export interface Recorded<Verdict> {
  body_hash: Buffer;
  verdict: Verdict;
  created_at: Date;
  correlation_ids: string[] | null;
  [column: string]: unknown;
}

/**
 * Claims an id for a command. Returns the record of an earlier run, or undefined for the first; a second run waits for
 * the first one's transaction.
 * @throws Refusal 422 when the id was used with another body
 */
export async function claim<Verdict>(
  tx: Sql,
  id: string,
  hash: Buffer,
  { companyId, run }: CommandOrigin,
): Promise<Recorded<Verdict> | undefined> {
  const [first] = await tx.query(
    `insert into requests (id, body_hash, company_id, queue, queued_at, started_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (id) do nothing returning id`,
    [id, hash, companyId, run.queue, run.queuedAt, run.startedAt],
  );
  if (first) return undefined;
  const [earlier] = await tx.query<Recorded<Verdict>>(
    'select body_hash, verdict, created_at, correlation_ids from requests where id = $1',
    [id],
  );
  if (!earlier?.body_hash.equals(hash)) throw keyReused();
  return earlier;
}

/** Records the verdict of a claimed id. */
export async function record<Verdict>(tx: Sql, id: string, verdict: Verdict): Promise<Recorded<Verdict> | undefined> {
  const [recorded] = await tx.query<Recorded<Verdict>>(
    'update requests set verdict = $2 where id = $1 returning body_hash, verdict, created_at, correlation_ids',
    [id, JSON.stringify(verdict)],
  );
  return recorded;
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
  origin: CommandOrigin,
): Promise<CommandResult<Verdict>> {
  const hash = bodyHash(body);
  return database.transaction(async (tx) => {
    const earlier = await claim<Verdict>(tx, id, hash, origin);
    if (earlier) return resultOf(earlier.verdict, earlier, true);
    const verdict = await effect(tx);
    return resultOf(verdict, await record(tx, id, verdict), false);
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
