/** A message to be accepted. */
export interface NewMessage {
  /** The correlationId. */
  id: string;
  queue: string;
  /** The job of the queue's contract that the worker runs for it. */
  job: string;
  companyId: string;
  body: unknown;
  /** Fed before the company's ordinary messages. */
  urgent?: boolean;
  /** The trace of the request that sends it. */
  traceparent?: string;
}

/** Outbox rows that travel in one job. */
export interface OwedJob {
  queue: string;
  jobId: string;
  ids: string[];
  /** The trace of each message, or null. */
  traceparents: (string | null)[];
  alone: boolean;
  urgent: boolean;
}

/** The order in which a company's unpublished messages are fed. */
export const LANE = { urgent: 0, ordinary: 1 } as const;

interface Row {
  id: string;
  queue: string;
  alone?: boolean;
  urgent?: boolean;
  traceparent?: string | null;
}

/** The columns of an outbox row that determine its job. */
export type OwedRow = { id: string; alone: boolean; lane: number; traceparent: string | null };

export const rowOf = (queue: string, { lane, ...row }: OwedRow): Row => ({
  ...row,
  queue,
  urgent: lane === LANE.urgent,
});

/** Packs rows into jobs by queue. Urgent rows get separate jobs, and rows marked `alone` one job each. */
export function packJobs(rows: Row[], maxIds: number, newJobId: () => string): OwedJob[] {
  const jobs: OwedJob[] = [];
  const openJobs = new Map<string, OwedJob>();
  for (const { id, queue, alone = false, urgent = false, traceparent = null } of rows) {
    const lane = `${queue} ${urgent}`;
    let job = alone ? undefined : openJobs.get(lane);
    if (!job || job.ids.length >= maxIds) {
      job = { queue, jobId: newJobId(), ids: [], traceparents: [], alone, urgent };
      jobs.push(job);
      if (!alone) openJobs.set(lane, job);
    }
    job.ids.push(id);
    job.traceparents.push(traceparent);
  }
  return jobs;
}
