import { NIL } from 'uuid';

/** A job whose messages are owed, in the order of publishing. */
export interface PublishedJob {
  job_id: string;
  queued_at: Date;
}

/** The values to continue after a job; without one, to start with the oldest. */
export const positionOf = (after?: PublishedJob): [queuedAt: Date | string, jobId: string] =>
  after ? [after.queued_at, after.job_id] : ['-infinity', NIL];
