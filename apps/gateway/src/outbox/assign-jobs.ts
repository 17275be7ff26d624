import type { Sql } from '@herald/database';
import type { OwedJob } from './outbox-message.js';

/**
 * Notes in the outbox which job carries each message. The jobs are looked up in a map: how many rows the planner expects
 * here can be off a thousandfold, and it would join a thousand ids with a thousand rows by comparing each with each.
 */
const ASSIGN = `
  update outbox set job_id = ($2::jsonb ->> id::text)::uuid, queued_at = now() where id = any($1::uuid[])`;

export async function assignJobs(tx: Sql, jobs: OwedJob[]): Promise<void> {
  const jobOf = Object.fromEntries(jobs.flatMap(({ ids, jobId }) => ids.map((id) => [id, jobId])));
  await tx.query(ASSIGN, [Object.keys(jobOf), JSON.stringify(jobOf)]);
}
