import { validate as isUuid } from 'uuid';
import { check, type Issue } from './dto.js';
import { countFaults, fieldErrors } from './field-faults.js';
import { faultOfSize } from './job-size.js';
import type { JobContract } from './queue-contract.js';

/** The most faults of one job that are told. */
const MAX_TOLD = 20;

/** The payload breaks the contract and will break it again. */
export class BrokenContract extends Error {
  override readonly name = 'BrokenContract';

  /** @param fields paths of the wrong fields, as the contract names them: nothing that a producer wrote */
  constructor(
    message: string,
    readonly fields: string[] = [],
  ) {
    super(message);
  }
}

/** Stands for a job's data that could not be read. */
export class UnreadableData {
  constructor(readonly reason: string) {}
}

const MAX_NAME = 100;

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
  if (!contract) throw new BrokenContract(`the queue ${queue} has no job "${job.slice(0, MAX_NAME)}"`);
  if (data instanceof UnreadableData) throw new BrokenContract(`data ${data.reason}`, ['data']);
  const lacksId = isObject(data) && data.correlationId === undefined && isUuid(jobId);
  const size = faultOfSize(data);
  if (size) throw new BrokenContract(`data ${size}`, ['data']);
  const checked = checkData(contract, lacksId ? { ...data, correlationId: jobId } : data);
  const { ids, correlationId, companyId } = checked as Partial<Omit<ReadJob<Data>, 'data'>>;
  const kept = contract.keep?.(checked);
  return { data: checked, ids, correlationId, companyId: kept?.companyId ?? companyId, body: kept?.body };
}

/**
 * A job's data as they are stored.
 * @throws BrokenContract naming each wrong field
 */
export function checkData<Data>(contract: JobContract<Data>, data: unknown): Data {
  const { value, issues } = check(contract.data, data);
  if (issues) throw brokenBy(issues);
  return value;
}

/** A job's faults, in the words that a route would use. */
function brokenBy(issues: readonly Issue[]): BrokenContract {
  const faults = fieldErrors(issues, 'data', MAX_TOLD).map(({ field, message }) => `${field} ${message}`);
  const more = countFaults(issues) - faults.length;
  if (more > 0) faults.push(`and ${more} more`);
  const paths = issues.slice(0, MAX_TOLD).map(({ path = [] }) => path.join('.') || 'data');
  return new BrokenContract(faults.join('; '), [...new Set(paths)]);
}
