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

interface Row {
  id: string;
  queue: string;
  alone?: boolean;
  urgent?: boolean;
  traceparent?: string | null;
}

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
