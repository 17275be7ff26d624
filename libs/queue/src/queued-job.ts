import { MAX_JOB_BYTES, UnreadableData } from '@herald/contracts';
import { Job, type JobJson } from 'bullmq';

/** A job whose worker died or hung more often is not run again, guilty or not. */
export const MAX_STALLS = 2;

/** A job with its data as it stands in Redis. BullMQ's own cannot be made of data that is no JSON, and blocks its place. */
export class QueuedJob extends Job {
  /** The data, as text. */
  text: string;
  /** Why it was marked as failed before it ran: one of its children in a flow failed. */
  isDeferredFailure: boolean;

  /** The mark of the dead letter that it became when it ran before; a producer may have written anything there. */
  get mark(): string {
    return (this.opts as { mark?: string }).mark ?? '';
  }

  /** Reads data that were left unread because the job stalled too often. */
  read(): void {
    if (this.data instanceof UnreadableData) this.data = parsed(this.text);
  }

  static override fromJSON<T = unknown, R = unknown, N extends string = string>(
    queue: Parameters<typeof Job.fromJSON>[0],
    json: JobJson,
    jobId?: string,
  ): Job<T, R, N> {
    // BullMQ would fail a job with a deferred failure before anybody could keep what it carries.
    const made = super.fromJSON<T, R, N>(queue, { ...json, data: '{}', deferredFailure: undefined }, jobId);
    const job = made as unknown as QueuedJob;
    job.text = json.data;
    job.isDeferredFailure = Boolean(json.deferredFailure);
    job.data = readData(json);
    return made;
  }
}

/** Stalls come first: a job that kills its worker is looked at no more, in case that reading it is what kills. */
function readData({ data, stalledCounter }: JobJson): unknown {
  if (stalledCounter > MAX_STALLS + 1) return new UnreadableData('was not read again');
  if (data.length > MAX_JOB_BYTES) return new UnreadableData(`must be at most ${MAX_JOB_BYTES / 1024} KiB`);
  return parsed(data);
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return new UnreadableData('is not JSON');
  }
}
