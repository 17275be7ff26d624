import {
  BrokenContract,
  isObject,
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
 * Fields that the transport adds to a job's data, under one reserved key. All but `traceparent` are reserved for the
 * gateway and ignored in a job without its proof.
 */
export interface Transport {
  /** Proof that a gateway enqueued the job (`Proofs`). */
  proof?: string;
  /** Channel for the reply to a command. */
  replyTo?: string;
  /** Epoch milliseconds after which the caller no longer waits. */
  deadline?: number;
  /** The job must run exclusively in its worker. */
  alone?: boolean;
  /** The trace of a producer's job, in W3C Trace Context. */
  traceparent?: string;
  /** The trace of each message in an `owed` job, if they differ. */
  traceparents?: (string | null)[];
}

export const TRANSPORT_KEY = '$herald';

/** A job whose data is valid under its contract, as passed to a handler. */
export interface ReceivedJob<Data> {
  data: Data;
  run: JobRun;
}

/** Jobs with a valid proof. */
const proved = new WeakSet<Job>();
export const markProved = (job: Job): unknown => proved.add(job);
export const isProved = (job: Job): boolean => proved.has(job);

export function transportOf(job: Job): Transport {
  const transport = isObject(job.data) ? job.data[TRANSPORT_KEY] : undefined;
  if (!isObject(transport)) return {};
  return isProved(job) ? transport : { traceparent: (transport as Transport).traceparent };
}

/** Returns the trace that a job continues: the producer's, or else the one in its options from BullMQ's telemetry. */
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

/** Returns metadata as bullmq-otel writes it, so that consumers with bullmq-otel continue the trace. */
export const metadataFor = (traceparent: string): string => JSON.stringify({ traceparent });

/** Returns the messages of a job with their traces. Values that are no UUID are left out. */
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

/** Returns the facts of a job that do not depend on valid data. */
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
 * @throws BrokenContract that names each wrong field
 */
export function receive<Data>(job: Job, contract: JobContract<Data> | undefined, run: JobRun): ReceivedJob<Data> {
  const { data, ...message } = readJob(contract, { queue: run.queue, job: job.name, jobId: job.id, data: job.data });
  return { data, run: { ...run, ...message } };
}

/**
 * Returns the log fields of a failed run. The error's text and the name of an unknown job may quote content, so they
 * are left out; the message's timeline has them.
 */
export const failureFields = (
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
