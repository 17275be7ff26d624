import {
  BrokenContract,
  isTraceparent,
  type JobContract,
  type JobRun,
  kindOf,
  readJob,
  type Traced,
} from '@herald/contracts';
import type { Job } from 'bullmq';
import { validate as isUuid } from 'uuid';
import { loggedId, storableId } from './job-id.js';
import type { QueuedJob } from './queued-job.js';

/**
 * What the transport adds to a job's data, under one reserved key. All but `traceparent` is the gateway's own, and ignored
 * in a job that lacks its proof.
 */
export interface Transport {
  /** That a gateway put the job on its queue (`Proofs`). */
  proof?: string;
  /** Channel for the reply of a request. */
  replyTo?: string;
  /** Epoch milliseconds after which nobody waits any more. */
  deadline?: number;
  /** Nothing else may run beside it. */
  alone?: boolean;
  /** The trace that a producer's job belongs to, in W3C Trace Context. */
  traceparent?: string;
  /** The trace of each message that an `owed` job carries, where they differ. */
  traceparents?: (string | null)[];
}

export const TRANSPORT_KEY = '$herald';

/** A job whose data kept its contract, as a handler gets it. */
export interface ReceivedJob<Data> {
  data: Data;
  run: JobRun;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Jobs whose proof was checked and holds. */
const proved = new WeakSet<Job>();
export const noteProved = (job: Job): unknown => proved.add(job);
export const isProved = (job: Job): boolean => proved.has(job);

export function transportOf(job: Job): Transport {
  const transport = isObject(job.data) ? job.data[TRANSPORT_KEY] : undefined;
  if (!isObject(transport)) return {};
  return isProved(job) ? transport : { traceparent: (transport as Transport).traceparent };
}

/** The trace that a job goes on with: what BullMQ's own telemetry leaves in its options, unless its producer says another. */
function traceparentOf(job: Job): string | undefined {
  const { traceparent = metadataOf(job).traceparent } = transportOf(job);
  return isTraceparent(traceparent) ? traceparent : undefined;
}

function metadataOf({ opts }: Job): { traceparent?: unknown } {
  try {
    return Object(JSON.parse(opts.telemetry?.metadata ?? '{}')) as { traceparent?: unknown };
  } catch {
    return {};
  }
}

/** As bullmq-otel writes it, so that consumers who use that go on with the trace. */
export const metadataFor = (traceparent: string): string => JSON.stringify({ traceparent });

/** The messages that a job carries, each with its trace. What is no id is not told to anybody. */
export function tracedIn(job: Job): Traced[] {
  const { traceparents } = transportOf(job);
  const traceparent = traceparentOf(job);
  const { ids, correlationId } = isObject(job.data) ? job.data : {};
  if (!Array.isArray(ids)) return [{ id: uuidOf(correlationId), traceparent }];
  const each: unknown[] = Array.isArray(traceparents) ? traceparents : [];
  return ids.map((id: unknown, seat) => {
    const own = traceparents ? each[seat] : traceparent;
    return { id: uuidOf(id), traceparent: isTraceparent(own) ? own : undefined };
  });
}

const uuidOf = (value: unknown) => (typeof value === 'string' && isUuid(value) ? value.toLowerCase() : undefined);

/** What can be said of a job before its data is known to be good. */
export function runOf(job: QueuedJob, queue: string): JobRun {
  const data = isObject(job.data) ? job.data : {};
  return {
    queue,
    job: job.name,
    jobKey: `${storableId(job.id ?? '')}:${job.timestamp}`,
    text: job.text,
    correlationId: uuidOf(data['correlationId']),
    companyId: uuidOf(data['companyId']),
    traceparent: traceparentOf(job),
    awaited: transportOf(job).replyTo !== undefined,
    alone: transportOf(job).alone === true,
    queuedAt: new Date(job.timestamp),
    startedAt: new Date(job.processedOn ?? Date.now()),
    attempt: job.attemptsMade + 1,
  };
}

/**
 * Checks a job's data against its contract.
 * @throws BrokenContract naming each wrong field
 */
export function receive<Data>(job: Job, contract: JobContract<Data> | undefined, run: JobRun): ReceivedJob<Data> {
  const { data, ...message } = readJob(contract, { queue: run.queue, job: job.name, jobId: job.id, data: job.data });
  return { data, run: { ...run, ...message } };
}

/**
 * What the log says of a run that failed. The error's words may quote what people wrote, and so may the name of a job that
 * nobody knows: the message's timeline has them.
 */
export const aboutFailure = (
  { job, known }: { job: Job; known: boolean },
  { queue, attempt, correlationId, ids }: JobRun,
  error: Error,
) => ({
  queue,
  job: known ? job.name : undefined,
  jobId: loggedId(job.id),
  attempt,
  correlationId,
  correlationIds: ids,
  error: kindOf(error),
  fields: error instanceof BrokenContract && error.fields.length > 0 ? error.fields : undefined,
});
