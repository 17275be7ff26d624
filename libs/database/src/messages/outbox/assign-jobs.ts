import type { Sql } from '../../connection/database.js';

/**
 * $1 messages, $2 their jobs, by the message's id. The jobs are a map: the planner's row estimate can be wrong by a
 * factor of a thousand here, and a join would then compare a thousand ids with a thousand rows one by one.
 */
const ASSIGN = `
  update outbox set job_id = ($2::jsonb ->> id::text)::uuid, queued_at = now() where id = any($1::uuid[])`;

/** Stores which job carries each message. */
export async function assignJobs(tx: Sql, jobs: { jobId: string; ids: string[] }[]): Promise<void> {
  const jobOf = Object.fromEntries(jobs.flatMap(({ ids, jobId }) => ids.map((id) => [id, jobId])));
  await tx.query(ASSIGN, [Object.keys(jobOf), JSON.stringify(jobOf)]);
}
