/** A message that a gateway is about to accept. */
export interface NewMessage {
  /** The correlationId. */
  id: string;
  queue: string;
  /** The job of the queue's contract that it would be. */
  job: string;
  companyId: string;
  body: unknown;
  /** It overtakes what waits. */
  urgent?: boolean;
  /** The trace that it is accepted in. */
  traceparent?: string;
}

/** A request that came with an Idempotency-Key: the id of its correlation, and the hash of the body as it was sent. */
export interface RequestKey {
  id: string;
  hash: Buffer;
}

/** Outbox rows that travel in one job. */
export interface OwedJob {
  queue: string;
  jobId: string;
  ids: string[];
  /** The trace of each, where it has one. */
  traceparents: (string | null)[];
  alone: boolean;
  urgent: boolean;
}

/** Order in which a company's unpublished messages are fed. */
export const LANE = { urgent: 0, ordinary: 1 } as const;

interface Row {
  id: string;
  queue: string;
  alone?: boolean;
  urgent?: boolean;
  traceparent?: string | null;
}

/** What an outbox row says of how it travels. */
export type OwedRow = { id: string; alone: boolean; lane: number; traceparent: string | null };

export const rowOf = (queue: string, { lane, ...row }: OwedRow): Row => ({
  ...row,
  queue,
  urgent: lane === LANE.urgent,
});

/** Packs rows into jobs: those of one queue together, the urgent apart, those that must be alone one by one. */
export function packJobs(rows: Row[], maxIds: number, newJobId: () => string): OwedJob[] {
  const jobs: OwedJob[] = [];
  const open = new Map<string, OwedJob>();
  for (const { id, queue, alone = false, urgent = false, traceparent = null } of rows) {
    const lane = `${queue} ${urgent}`;
    let job = alone ? undefined : open.get(lane);
    if (!job || job.ids.length >= maxIds) {
      job = { queue, jobId: newJobId(), ids: [], traceparents: [], alone, urgent };
      jobs.push(job);
      if (!alone) open.set(lane, job);
    }
    job.ids.push(id);
    job.traceparents.push(traceparent);
  }
  return jobs;
}
