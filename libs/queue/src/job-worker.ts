import { createRedisBackend, type Job, type JobJson, type RedisQueueBackend, Worker, type WorkerOptions } from 'bullmq';
import { ReplyError } from 'ioredis';
import type { RedisClient } from './connection.js';
import { type BelievedTimes, readableHash } from './job-hash.js';
import { QueuedJob } from './queued-job.js';
import { MalformedJobs } from './malformed-jobs.js';

type Run = (job: QueuedJob, token?: string) => Promise<unknown>;
type Options = Omit<WorkerOptions, 'connection'> & { connection: RedisClient };

const RETENTION = {
  // BullMQ would fail a stalled job before its messages are settled. QueueServer does both, in the right order.
  maxStalledCount: Number.MAX_SAFE_INTEGER,
  removeOnComplete: { age: 60, count: 5000 },
  removeOnFail: { age: 7 * 24 * 3600, count: 2000 },
};

/** The result of a BullMQ script that takes a job: its hash, its id, and two delays. */
type Taken = [hash: string[] | 0, id: string | 0, limitMs: number, delayedUntil: number];
const NONE: Taken = [0, 0, 0, 0];

/** Scripts that take the next job. One of them first ends a job, whose id has this index in the arguments. */
const TAKES = ['moveToActive', 'moveToFinished'];
const ENDS = 'moveToFinished';
const ENDED_ID = 14;

/**
 * BullMQ's worker, made tolerant of hashes from foreign producers. Whatever else a hash contains, its message is
 * processed, and a broken job is ended.
 */
export class JobWorker extends Worker {
  constructor(name: string, run: Run, options: Options, believed?: BelievedTimes) {
    super(
      name,
      (job, token) => run(job as QueuedJob, token),
      { ...options, ...RETENTION },
      (...args) => tolerant(createRedisBackend(...args), options.connection, believed),
    );
    const malformed = new MalformedJobs(options.connection, (key) => this.toKey(key));
    // Waiting for jobs is no script, so its errors arrive here alone.
    this.on('error', (error) => {
      if (error.message.startsWith('WRONGTYPE')) void malformed.freeKeys().catch(() => undefined);
    });
  }

  protected override createJob(json: JobJson, jobId: string): Job {
    return QueuedJob.fromJSON(this, json, jobId);
  }

  /** Processes a job even when its schedule cannot continue. */
  protected override async nextJobFromJobData(json?: JobJson, jobId?: string, token?: string) {
    const job = await super.nextJobFromJobData(json, jobId, token);
    if (job || !json?.repeatJobKey) return job;
    return super.nextJobFromJobData({ ...json, repeatJobKey: undefined }, jobId, token);
  }
}

function tolerant(backend: RedisQueueBackend, redis: RedisClient, believed?: BelievedTimes): RedisQueueBackend {
  const malformed = new MalformedJobs(redis, (name) => backend.toKey(name));
  const run = backend.execCommand.bind(backend);

  async function take(client: Parameters<typeof run>[0], command: string, args: unknown[]): Promise<unknown> {
    try {
      const taken: unknown = await run(client, command, args);
      return Array.isArray(taken) && Array.isArray(taken[0]) ? await fit(taken as Taken) : taken;
    } catch (error) {
      // The script failed halfway, at the job that it takes or at the job that it ends.
      if (!(error instanceof ReplyError)) throw error;
      const freed = await malformed.freeKeys();
      if (command === ENDS) await malformed.discard(String(args[ENDED_ID]));
      if ((await malformed.mend()).length === 0 && !freed && command !== ENDS) throw error;
      return NONE;
    }
  }

  async function fit([hash, id, ...delays]: Taken): Promise<Taken> {
    if (malformed.isUnusable(String(id)) && (await malformed.mend()).includes(String(id))) return NONE;
    const raw = new Map<string, string>();
    for (let at = 0; at < (hash as string[]).length; at += 2)
      raw.set((hash as string[])[at]!, (hash as string[])[at + 1]!);
    const { fields, set, remove } = readableHash(raw, Date.now(), believed);
    const key = backend.toKey(String(id));
    if (Object.keys(set).length > 0) await redis.hset(key, set);
    if (remove.length > 0) await redis.hdel(key, ...remove);
    return [Object.entries(fields).flat(), id, ...delays];
  }

  backend.execCommand = (client, command, args) =>
    TAKES.includes(command) ? take(client, command, args) : run(client, command, args);
  return backend;
}
