import type { Sql } from '../../connection/database.js';
import { type OwedRow, owedRow, type StoredRow } from './owed-row.js';
import { type PublishedJob, positionOf } from './published-job.js';

/** $1 queue, $2 age in milliseconds, $3 time and $4 id of the job to continue after, $5 limit. */
const FIND_OLD = `
  select distinct queued_at, job_id from outbox
   where queue = $1 and job_id is not null and queued_at < now() - $2 * interval '1 millisecond'
     and (queued_at, job_id) > ($3, $4)
   order by queued_at, job_id limit $5`;

/** $1 queue, $2 times and $3 ids of the jobs. */
const OF_JOBS = `queue = $1 and job_id is not null and queued_at = any($2::timestamptz[]) and job_id = any($3::uuid[])`;

const LOCK_ROWS = `select id, alone, lane, traceparent from outbox where ${OF_JOBS} order by accepted_at, id for update skip locked`;

const SPLIT = `update outbox set alone = true, job_id = null, queued_at = null where ${OF_JOBS}`;

/** Returns jobs older than `ageMs`, oldest first, after the job `after`. */
export function findOldJobs(
  tx: Sql,
  queue: string,
  { ageMs, after, limit }: { ageMs: number; after?: PublishedJob; limit: number },
): Promise<PublishedJob[]> {
  return tx.query<PublishedJob & Record<string, unknown>>(FIND_OLD, [queue, ageMs, ...positionOf(after), limit]);
}

/** Locks and returns the messages of jobs; those that another gateway has locked are left to it. */
export async function lockMessagesOf(tx: Sql, queue: string, jobs: PublishedJob[]): Promise<OwedRow[]> {
  const rows = await tx.query<StoredRow>(LOCK_ROWS, keys(queue, jobs));
  return rows.map((row) => owedRow(queue, row));
}

/** Feeds the messages of failed jobs again, each alone, so that only the message that fails is given up. */
export async function splitJobs(tx: Sql, queue: string, jobs: PublishedJob[]): Promise<void> {
  await tx.query(SPLIT, keys(queue, jobs));
}

const keys = (queue: string, jobs: PublishedJob[]) => [
  queue,
  jobs.map(({ queued_at }) => queued_at),
  jobs.map(({ job_id }) => job_id),
];
