import { validate as isUuid } from 'uuid';
import { countFaults, fieldErrors } from './field-faults.js';
import { faultOfSize } from './job-size.js';
import type { JobContract } from './queue-contract.js';

/** The most faults of one job that are told. */
const MAX_TOLD = 20;

/** The payload breaks the contract and will break it again. */
export class BrokenContract extends Error {}

/** A job as it stands on a queue, or stood there. */
export interface RawJob {
  queue: string;
  job: string;
  jobId?: string;
  data: unknown;
}

/** A job's data that kept the contract, and what an outbox row would keep of it. */
export interface ReadJob<Data> {
  data: Data;
  /** Outbox rows that it carries. */
  ids?: string[];
  correlationId?: string;
  companyId?: string;
  /** Absent where the contract keeps nothing: the job is no message. */
  body?: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * Checks a job's data. Without a correlationId, a job id that is a UUID serves (contracts README, "Job data").
 * @throws BrokenContract naming each wrong field
 */
export function readJob<Data>(
  contract: JobContract<Data> | undefined,
  { queue, job, jobId, data }: RawJob,
): ReadJob<Data> {
  if (!contract) throw new BrokenContract(`the queue ${queue} has no job "${job}"`);
  const lacksId = isObject(data) && data.correlationId === undefined && isUuid(jobId);
  const size = faultOfSize(data);
  if (size) throw new BrokenContract(`data: ${size}`);
  const parsed = contract.data.safeParse(lacksId ? { ...data, correlationId: jobId } : data);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const faults = fieldErrors(issues, 'data', MAX_TOLD).map(({ field, message }) => `${field}: ${message}`);
    const more = countFaults(issues) - faults.length;
    if (more > 0) faults.push(`and ${more} more`);
    throw new BrokenContract(faults.join('; '));
  }
  const { ids, correlationId, companyId } = parsed.data as Partial<Omit<ReadJob<Data>, 'data'>>;
  const kept = contract.keep?.(parsed.data);
  return { data: parsed.data, ids, correlationId, companyId: kept?.companyId ?? companyId, body: kept?.body };
}
