import type { QueueContract } from '@herald/contracts';
import type { Queue } from 'bullmq';
import {
  awayError,
  prefixOf,
  producerConnection,
  type QueueOptions,
  reach,
  type RedisClient,
  checkServers,
} from './connection.js';
import { believedTime } from './job-hash.js';
import { ReadableQueue } from './readable-queue.js';

/** Number of jobs of a queue by state, and the waiting time of the oldest waiting job. */
export interface QueueState {
  queue: string;
  jobs: Record<(typeof STATES)[number], number>;
  /** 0 when no job waits. */
  oldestSeconds: number;
  paused: boolean;
}

const STATES = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const;
/** Urgent jobs precede older ones, so the oldest job is near, but not always at, the end that jobs are taken from. */
const NEAR_THE_END = 20;

/** The state of the queues, for monitoring. */
export class QueueWatch {
  private readonly redis: RedisClient;
  /** For dashboards. */
  readonly queues: Queue[];

  constructor(contracts: QueueContract[], { redis, namespace }: QueueOptions) {
    this.redis = producerConnection(redis);
    this.queues = contracts.map(({ queue: name }) => {
      const queue = new ReadableQueue(name, this.redis, { prefix: prefixOf(name, namespace) });
      queue.on('error', () => undefined);
      return queue;
    });
  }

  /** @throws Error when Redis is available but not configured as the queues need it */
  async check(): Promise<void> {
    await checkServers(this.redis, 2000);
  }

  /** Rejects within about a second while Redis is unavailable. */
  states(): Promise<QueueState[]> {
    return Promise.all(this.queues.map((queue) => this.stateOf(queue)));
  }

  async ping(): Promise<void> {
    if (this.redis.status !== 'ready') throw awayError(this.redis);
    await reach(
      this.redis,
      this.queues.map(({ opts }) => opts.prefix as string),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
    this.redis.disconnect();
  }

  private async stateOf(queue: Queue): Promise<QueueState> {
    const [counts, paused, oldestSeconds] = await Promise.all([
      queue.getJobCounts(...STATES, 'prioritized'),
      queue.isPaused(),
      this.oldestSeconds(queue),
    ]);
    const jobs = Object.fromEntries(STATES.map((state) => [state, counts[state] ?? 0])) as QueueState['jobs'];
    return {
      queue: queue.name,
      jobs: { ...jobs, waiting: jobs.waiting + (counts['prioritized'] ?? 0) },
      oldestSeconds,
      paused,
    };
  }

  private async oldestSeconds(queue: Queue): Promise<number> {
    const [waiting, prioritized] = await Promise.all([
      this.redis.lrange(queue.toKey('wait'), -NEAR_THE_END, -1),
      this.redis.zrange(queue.toKey('prioritized'), '0', String(NEAR_THE_END - 1)),
    ]);
    const stamps = await Promise.all(
      [...waiting, ...prioritized].map((id) => this.redis.hget(queue.toKey(id), 'timestamp')),
    );
    const times = stamps.flatMap((stamp) => believedTime(stamp) ?? []);
    return times.length > 0 ? Math.max(0, Date.now() - Math.min(...times)) / 1000 : 0;
  }
}
