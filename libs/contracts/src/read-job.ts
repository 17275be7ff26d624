import { validate as isUuid } from 'uuid';
import { check, type Issue } from './dto.js';
import { countFaults, fieldErrors } from './field-faults.js';
import { faultOfSize } from './job-size.js';
import type { JobContract } from './queue-contract.js';

/** Maximum number of faults listed for one job. */
const MAX_LISTED = 20;

/** A payload that breaks the contract, so that a retry would fail again. */
export class BrokenContract extends Error {
  override readonly name = 'BrokenContract';

  /** @param fields paths of the wrong fields, with names from the contract and nothing that a producer wrote */
  constructor(
    message: string,
    readonly fields: string[] = [],
  ) {
    super(message);
  }
}

/** A placeholder for job data that could not be read. */
export class UnreadableData {
  constructor(readonly reason: string) {}
}

const MAX_NAME = 100;

/** A job as it is, or was, on a queue. */
export interface RawJob {
  queue: string;
  job: string;
  jobId?: string;
  data: unknown;
}

/** A job's valid data, and the parts that an outbox row would store. */
export interface ReadJob<Data> {
  data: Data;
  /** Ids of its outbox rows. */
  ids?: string[];
  correlationId?: string;
  companyId?: string;
  /** Absent where the contract stores nothing, because the job is no message. */
  body?: unknown;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * Checks a job's data. Without a correlationId, a job id that is a UUID is used (contracts README, "Job data").
 * @throws BrokenContract that names each wrong field
 */
export function readJob<Data>(
  contract: JobContract<Data> | undefined,
  { queue, job, jobId, data }: RawJob,
): ReadJob<Data> {
  if (!contract) throw new BrokenContract(`the queue ${queue} has no job "${job.slice(0, MAX_NAME)}"`);
  if (data instanceof UnreadableData) throw new BrokenContract(`data ${data.reason}`, ['data']);
  const lacksId = isObject(data) && data.correlationId === undefined && isUuid(jobId);
  const sizeFault = faultOfSize(data);
  if (sizeFault) throw new BrokenContract(`data ${sizeFault}`, ['data']);
  const checked = checkData(contract, lacksId ? { ...data, correlationId: jobId } : data);
  const { ids, correlationId, companyId } = checked as Partial<Omit<ReadJob<Data>, 'data'>>;
  const kept = contract.keep?.(checked);
  return { data: checked, ids, correlationId, companyId: kept?.companyId ?? companyId, body: kept?.body };
}

/**
 * Returns a job's data as they are stored.
 * @throws BrokenContract that names each wrong field
 */
export function checkData<Data>(contract: JobContract<Data>, data: unknown): Data {
  const { value, issues } = check(contract.data, data);
  if (issues) throw brokenBy(issues);
  return value;
}

/** Words a job's faults as a route does. */
function brokenBy(issues: readonly Issue[]): BrokenContract {
  const faults = fieldErrors(issues, 'data', MAX_LISTED).map(({ field, message }) => `${field} ${message}`);
  const more = countFaults(issues) - faults.length;
  if (more > 0) faults.push(`and ${more} more`);
  const paths = issues.slice(0, MAX_LISTED).map(({ path = [] }) => path.join('.') || 'data');
  return new BrokenContract(faults.join('; '), [...new Set(paths)]);
}
