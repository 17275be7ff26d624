import type { AppJob, AppQueue, BoardHooks } from '@bull-board/api/typings/app';
import { jobNameFor, onlyIds, withoutQuotes } from '../personal.js';

/** Options that say how a job runs; others, such as a deduplication id, are its producer's words. */
const SHOWN_OPTIONS = ['attempts', 'backoff', 'delay', 'lifo', 'priority', 'removeOnComplete', 'removeOnFail'];

/** Takes out of the board's answers what jobs say, whichever way the board came by them. */
export const maskingHooks: BoardHooks = {
  before: ({ method }) => ({ allow: method === 'get' }),
  after: ({ route }, result) => {
    if (result.status !== undefined && result.status >= 400) return result;
    const mask = MASKS[route];
    return mask ? { ...result, body: mask(result.body as never) as object } : result;
  },
};

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
  // Herald has no schedulers; what others put there is theirs.
  '/api/job-schedulers': () => ({ queues: [] }),
};

function maskedJob(job: AppJob): AppJob {
  const options = Object.entries((job.opts ?? {}) as object).filter(([name]) => SHOWN_OPTIONS.includes(name));
  return {
    ...job,
    name: jobNameFor({ role: 'viewer' }, job.name),
    data: onlyIds(job.data) as AppJob['data'],
    returnValue: onlyIds(job.returnValue) as AppJob['returnValue'],
    progress: typeof job.progress === 'number' ? job.progress : 0,
    failedReason: withoutQuotes(job.failedReason ?? ''),
    stacktrace: [],
    opts: Object.fromEntries(options) as AppJob['opts'],
    deferredFailure: undefined,
    deduplicationId: undefined,
  };
}
