import type { Sql } from '../../connection/database.js';
import { type PublishedJob, positionOf } from './published-job.js';

/** An event that has a job. */
export interface PublishedEvent extends PublishedJob {
  id: string;
}

/** An event to be published by a new job. */
export interface TakenEvent {
  job_id: string;
  /** Name of the job in the queue's contract. */
  job: string;
  body: { correlationId: string };
  traceparent: string | null;
}

/** $1 queue, $2 limit of published events, $3 limit of the round. */
const TAKE = `
  with room as (
    select greatest(0, least($3::int, $2::int - count(*)::int)) as rows
      from (select from outbox where queue = $1 and job_id is not null limit $2) published),
  next as (
    select id from outbox where queue = $1 and job_id is null
     order by accepted_at, id limit (select rows from room) for update skip locked)
  update outbox o set job_id = gen_random_uuid(), queued_at = now()
    from next where o.id = next.id returning o.job_id, o.job, o.body, o.traceparent`;

/** $1 queue, $2 time and $3 id of the job to continue after, $4 limit. */
const FIND_PUBLISHED = `
  select id, job_id, queued_at from outbox
   where queue = $1 and job_id is not null and (queued_at, job_id) > ($2, $3)
   order by queued_at, job_id limit $4`;

/** $1 queue, $2 ids, $3 jobs. Matches both, so that rows which another gateway has published again are left alone. */
const ROWS = `queue = $1 and id = any($2::uuid[]) and job_id = any($3::uuid[])`;

const DELETE = `delete from outbox where ${ROWS}`;

const PUBLISH_AGAIN = `update outbox set job_id = null, queued_at = null where ${ROWS}`;

const MOVE_TO_DEAD_LETTERS = `
  with given_up as (delete from outbox where ${ROWS} returning *)
  insert into dead_letters (correlation_id, queue, job, company_id, content, error, accepted_at, queued_at, history)
  select id, queue, job, company_id, body::text, 'its consumer failed it for good', accepted_at, queued_at, history
    from given_up`;

/** Statements for events whose jobs have ended or are gone. */
const SETTLE = { completed: DELETE, failed: MOVE_TO_DEAD_LETTERS, gone: PUBLISH_AGAIN };

/**
 * Gives the oldest unpublished events of a queue a job each and returns them, until `published` events have one; at most
 * `limit`.
 */
export function takeEvents(
  tx: Sql,
  queue: string,
  { published, limit }: { published: number; limit: number },
): Promise<TakenEvent[]> {
  return tx.query<TakenEvent & Record<string, unknown>>(TAKE, [queue, published, limit]);
}

/** Returns events that have a job, in the order in which they were published, after the event `after`. */
export function findPublishedEvents(
  tx: Sql,
  queue: string,
  { after, limit }: { after?: PublishedJob; limit: number },
): Promise<PublishedEvent[]> {
  return tx.query<PublishedEvent & Record<string, unknown>>(FIND_PUBLISHED, [queue, ...positionOf(after), limit]);
}

/** Deletes events whose jobs completed, gives up those whose jobs failed, and unpublishes those whose jobs are gone. */
export async function settleEvents(
  tx: Sql,
  queue: string,
  jobs: keyof typeof SETTLE,
  events: PublishedEvent[],
): Promise<void> {
  await tx.query(SETTLE[jobs], [queue, events.map(({ id }) => id), events.map(({ job_id }) => job_id)]);
}
