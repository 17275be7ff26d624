import type { Sql } from '@herald/database';
import type { OwedJob } from './outbox-message.js';

/**
 * Stores which job carries each message. The job ids come from a map: the planner's row estimate can be wrong by a
 * factor of a thousand here, and a join would then compare a thousand ids with a thousand rows one by one.
 */
const ASSIGN = `
  update outbox set job_id = ($2::jsonb ->> id::text)::uuid, queued_at = now() where id = any($1::uuid[])`;

export async function assignJobs(tx: Sql, jobs: OwedJob[]): Promise<void> {
  const jobOf = Object.fromEntries(jobs.flatMap(({ ids, jobId }) => ids.map((id) => [id, jobId])));
  await tx.query(ASSIGN, [Object.keys(jobOf), JSON.stringify(jobOf)]);
}
