import { readEnv, ServiceEnv } from '@herald/bootstrap';
import { type Database, findJobs, type Subject } from '@herald/database';
import { type StoredJob, StoredJobs } from '@herald/queue';

export const IN_REDIS = 'jobs in Redis';

/** The jobs in Redis that tell of a subject, in whatever state: waiting, put off, failed, done. */
export class SubjectsJobs {
  private removed = 0;
  private inWork = 0;

  constructor(
    private readonly subject: Subject,
    private readonly jobs: StoredJobs,
  ) {}

  /** What stays, if anything does. */
  get notReached(): string | undefined {
    return this.inWork > 0 ? `${this.inWork} jobs that workers are at; run it again` : undefined;
  }

  async count(database: Database): Promise<{ [IN_REDIS]: number }> {
    let count = 0;
    await this.forEach(database, () => Promise.resolve(void count++));
    return { [IN_REDIS]: count };
  }

  /** Removes them; returns how many that makes in all. */
  async erase(database: Database): Promise<{ [IN_REDIS]: number }> {
    this.inWork = 0;
    await this.forEach(database, async (job) => {
      if (await this.jobs.remove(job)) this.removed++;
      else this.inWork++;
    });
    return { [IN_REDIS]: this.removed };
  }

  private async forEach(database: Database, work: (job: StoredJob) => Promise<void>): Promise<void> {
    for await (const batch of this.jobs.batches()) {
      for (const job of await findJobs(database, this.subject, batch)) await work(job);
    }
  }
}

const RedisEnv = ServiceEnv.pick({ REDIS_URL: true, QUEUE_NAMESPACE: true });

/** Runs `work` on the subject's jobs at REDIS_URL; on undefined when that is not set. */
export async function withStoredJobs<T>(
  subject: Subject,
  work: (jobs: SubjectsJobs | undefined) => Promise<T>,
): Promise<T> {
  if (!process.env['REDIS_URL']) return work(undefined);
  const { REDIS_URL: redis, QUEUE_NAMESPACE: namespace } = readEnv(RedisEnv);
  const jobs = new StoredJobs(subject.queues, { redis, namespace });
  try {
    await jobs.check();
    return await work(new SubjectsJobs(subject, jobs));
  } finally {
    await jobs.close();
  }
}
