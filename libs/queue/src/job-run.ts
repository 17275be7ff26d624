import { type JobContract, type JobRun, readJob } from '@herald/contracts';
import type { Job } from 'bullmq';
import { validate as isUuid } from 'uuid';

/** What the transport adds to a job's data, under one reserved key; a foreign producer leaves it out. */
export interface Transport {
  /** Channel for the reply of a request. */
  replyTo?: string;
  /** Epoch milliseconds after which nobody waits any more. */
  deadline?: number;
  /** Nothing else may run beside it. */
  alone?: boolean;
}

export const TRANSPORT_KEY = '$herald';

/** A job whose data kept its contract, as a handler gets it. */
export interface ReceivedJob<Data> {
  data: Data;
  run: JobRun;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

export function transportOf(job: Job): Transport {
  const transport = isObject(job.data) ? job.data[TRANSPORT_KEY] : undefined;
  return isObject(transport) ? transport : {};
}

/** What can be said of a job before its data is known to be good. */
export function runOf(job: Job, queue: string): JobRun {
  const data = isObject(job.data) ? job.data : {};
  const uuidAt = (key: string) => {
    const value = data[key];
    return typeof value === 'string' && isUuid(value) ? value.toLowerCase() : undefined;
  };
  return {
    queue,
    job: job.name,
    jobKey: `${job.id}:${job.timestamp}`,
    data: job.data,
    correlationId: uuidAt('correlationId'),
    companyId: uuidAt('companyId'),
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
