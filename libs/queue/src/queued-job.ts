import { MAX_JOB_BYTES, UnreadableData } from '@herald/contracts';
import { Job, type JobJson } from 'bullmq';

/** Maximum number of times that a job's worker may die or hang; after that the job is not run again. */
export const MAX_STALLS = 2;

/** A job that also accepts data that is no JSON. BullMQ's own class fails on it and would block the queue's slot. */
export class QueuedJob extends Job {
  /** The data as stored text. */
  text: string;
  /** True if the job was marked as failed before it ran, because one of its children in a flow failed. */
  isDeferredFailure: boolean;

  /** The mark of the dead letter from an earlier run; untrusted, because a producer may have written it. */
  get mark(): string {
    return (this.opts as { mark?: string }).mark ?? '';
  }

  /** Parses data that were left unparsed because the job stalled too often. */
  read(): void {
    if (this.data instanceof UnreadableData) this.data = parsed(this.text);
  }

  static override fromJSON<T = unknown, R = unknown, N extends string = string>(
    queue: Parameters<typeof Job.fromJSON>[0],
    json: JobJson,
    jobId?: string,
  ): Job<T, R, N> {
    // BullMQ would fail a job with a deferred failure before its messages could be kept.
    const made = super.fromJSON<T, R, N>(queue, { ...json, data: '{}', deferredFailure: undefined }, jobId);
    const job = made as unknown as QueuedJob;
    job.text = json.data;
    job.isDeferredFailure = Boolean(json.deferredFailure);
    job.data = readData(json);
    return made;
  }
}

/** Checks stalls first: the data of a job that killed its workers is not parsed, in case parsing killed them. */
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
