import { createHmac, randomBytes } from 'node:crypto';
import type { AppJob, AppQueue, BoardHooks } from '@bull-board/api/typings/app';
import { isGeneratedId } from '@herald/queue';
import { errorFor, jobNameFor, onlyIds } from '../visibility.js';

const VIEWER = { role: 'viewer' } as const;
/** Options that control how a job runs. Others, such as a deduplication id, are the producer's own text. */
const SHOWN_OPTIONS = ['attempts', 'delay', 'lifo', 'priority'];
const YEAR_MS = 366 * 24 * 3_600_000;
/** Above any delay that Herald sets, and below any telephone number. */
const MAX_NUMBER = 24 * 3_600_000;

/** Removes the content of jobs from all responses of the board. */
export const maskingHooks: BoardHooks = {
  before: ({ method, request }) => {
    const { jobId } = (request?.params ?? {}) as { jobId?: string };
    // Refuses ids with content, so that a viewer cannot test which of them exist.
    if (jobId !== undefined && !isGeneratedId(jobId)) {
      return { allow: false, status: 404, errorKey: 'ERRORS.JOB_NOT_FOUND' };
    }
    return { allow: method === 'get' };
  },
  after: ({ route }, result) => {
    if (result.status !== undefined && result.status >= 400) return result;
    const mask = MASKS[route];
    return mask ? { ...result, body: mask(result.body as never) as object } : result;
  },
};

/** The board's response to an error. The text of an error may quote the job. */
export const maskedFault = () => ({ status: 500, body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } } }) as const;

const MASKS: Record<string, (body: never) => unknown> = {
  '/api/queues': ({ queues }: { queues: AppQueue[] }) => ({
    queues: queues.map((queue) => ({ ...queue, jobs: queue.jobs.map(maskedJob) })),
  }),
  '/api/queues/:queueName/:jobId': ({ job, status }: { job: AppJob; status: unknown }) => ({
    job: maskedJob(job),
    status,
  }),
  '/api/queues/:queueName/:jobId/logs': () => [],
  '/api/queues/:queueName/:jobId/flow': ({ nodeId }: { nodeId: string }) => ({
    nodeId,
    flowRoot: null,
    isFlowNode: false,
  }),
  // Herald has no schedulers. Entries of other programs are hidden.
  '/api/job-schedulers': () => ({ schedulers: [] }),
};

/** Returns only the fields named here. Everything in a job comes from its producer, including the numbers. */
function maskedJob(job: AppJob): AppJob {
  const { id, timestamp, processedOn, finishedOn, attempts, isFailed, externalUrl } = job;
  const options = Object.entries((job.opts ?? {}) as object).filter(
    ([name, value]) => SHOWN_OPTIONS.includes(name) && (typeof value === 'boolean' || isSmall(value)),
  );
  return {
    id: id === undefined || id === null || isGeneratedId(String(id)) ? id : hiddenId(id),
    timestamp: momentOf(timestamp) ?? 0,
    processedOn: momentOf(processedOn),
    finishedOn: momentOf(finishedOn),
    attempts: isSmall(attempts) ? attempts : 0,
    delay: isSmall(job.delay) ? job.delay : 0,
    isFailed,
    externalUrl,
    name: jobNameFor(VIEWER, job.name),
    data: onlyIds(job.data) as AppJob['data'],
    returnValue: onlyIds(job.returnValue) as AppJob['returnValue'],
    progress: 0,
    failedReason: errorFor(VIEWER, job.failedReason ?? ''),
    stacktrace: [],
    opts: Object.fromEntries(options) as AppJob['opts'],
  };
}

const idKey = randomBytes(32);

/** Returns the same text for the same id, so that jobs can be distinguished. The id cannot be derived from it. */
const hiddenId = (id: string | number): string =>
  `hidden-${createHmac('sha256', idKey).update(String(id)).digest('hex').slice(0, 12)}`;

const isSmall = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= MAX_NUMBER;

const momentOf = (time: unknown) =>
  typeof time === 'number' && Math.abs(Date.now() - time) < YEAR_MS ? time : undefined;
