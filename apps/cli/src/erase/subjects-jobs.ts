import { readEnv, ServiceEnv } from '@herald/bootstrap';
import { type Database, findJobs, type Subject } from '@herald/database';
import { unusable } from '@herald/operator';
import { type Removal, type StoredJob, StoredJobs } from '@herald/queue';
import { givenServers } from '../given-servers.js';

export const IN_REDIS = 'jobs in Redis';

/** The reason why a job is not removed. */
type NotRemoved = Exclude<Removal, 'removed'> | 'for others';

const NOT_REMOVED: [reason: NotRemoved, text: string][] = [
  ['in work', 'jobs that workers are at'],
  ['for others', 'jobs that wait and that others receive too'],
  ['refused', 'jobs that Redis cannot remove as they are'],
];

/** The jobs in Redis that mention a subject, in any state: waiting, delayed, failed or completed. */
export class SubjectsJobs {
  private removed = 0;
  private left: NotRemoved[] = [];

  constructor(
    private readonly subject: Subject,
    private readonly jobs: StoredJobs,
  ) {}

  /** Describes the jobs that were not removed; undefined when there are none. */
  get notReached(): string | undefined {
    if (this.left.length === 0) return undefined;
    const counts = NOT_REMOVED.map(([why, text]) => [this.left.filter((each) => each === why).length, text] as const);
    const texts = counts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
    return `${texts.join(', ')}; run it again`;
  }

  /** Counts the jobs that `erase` would remove. */
  async count(database: Database): Promise<{ [IN_REDIS]: number }> {
    let count = 0;
    await this.forEach(database, () => Promise.resolve(void count++));
    return { [IN_REDIS]: count };
  }

  /** Removes the jobs. Returns the total of all calls. */
  async erase(database: Database): Promise<{ [IN_REDIS]: number }> {
    await this.forEach(database, async (job) => {
      const removal = await this.jobs.remove(job);
      if (removal === 'removed') this.removed++;
      else this.left.push(removal);
    });
    await this.jobs.forgetEvents();
    return { [IN_REDIS]: this.removed };
  }

  private async forEach(database: Database, work: (job: StoredJob) => Promise<void>): Promise<void> {
    this.left = [];
    for await (const batch of this.jobs.batches()) {
      for (const job of await findJobs(database, this.subject, batch)) {
        if (!job.hasEnded && this.subject.isForOthers?.(job.queue, job.name, job.data)) this.left.push('for others');
        else await work(job);
      }
    }
  }
}

const RedisEnv = ServiceEnv.pick({ REDIS_URL: true, QUEUE_NAMESPACE: true });

/** Runs `work` on the subject's jobs in the given Redis, or on undefined when no Redis is given. */
export async function withStoredJobs<T>(
  subject: Subject,
  work: (jobs: SubjectsJobs | undefined) => Promise<T>,
): Promise<T> {
  const { redisUrl } = givenServers();
  if (!redisUrl) return work(undefined);
  const { REDIS_URL: redis, QUEUE_NAMESPACE: namespace } = readEnv(RedisEnv, { ...process.env, REDIS_URL: redisUrl });
  const jobs = new StoredJobs(subject.queues, { redis, namespace });
  try {
    await jobs.check().catch((error: unknown) => {
      throw unusable('Redis', error);
    });
    return await work(new SubjectsJobs(subject, jobs));
  } finally {
    await jobs.close();
  }
}
