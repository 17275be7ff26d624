import { readEnv, ServiceEnv } from '@herald/bootstrap';
import { type Database, findJobs, type Subject } from '@herald/database';
import { type Removal, type StoredJob, StoredJobs } from '@herald/queue';
import { givenServers, unusable } from '../given-servers.js';

export const IN_REDIS = 'jobs in Redis';

/** Why a job stays. */
type Left = Exclude<Removal, 'removed'> | 'for others';

const LEFT: [why: Left, words: string][] = [
  ['in work', 'jobs that workers are at'],
  ['for others', 'jobs that wait and that others receive too'],
  ['refused', 'jobs that Redis cannot remove as they are'],
];

/** The jobs in Redis that tell of a subject, in whatever state: waiting, put off, failed, done. */
export class SubjectsJobs {
  private removed = 0;
  private left: Left[] = [];

  constructor(
    private readonly subject: Subject,
    private readonly jobs: StoredJobs,
  ) {}

  /** What stays, if anything does. */
  get notReached(): string | undefined {
    if (this.left.length === 0) return undefined;
    const counts = LEFT.map(([why, words]) => [this.left.filter((each) => each === why).length, words] as const);
    const said = counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
    return `${said.join(', ')}; run it again`;
  }

  /** How many `erase` would remove. */
  async count(database: Database): Promise<{ [IN_REDIS]: number }> {
    let count = 0;
    await this.forEach(database, () => Promise.resolve(void count++));
    return { [IN_REDIS]: count };
  }

  /** Removes them; returns how many that makes in all. */
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

/** Runs `work` on the subject's jobs in the given Redis; on undefined when there is none. */
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
