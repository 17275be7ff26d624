import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import type { World } from '../world.js';

/** Internal services that put jobs on the queues themselves, and wait for Redis as long as it takes. */
export class Producers {
  /** The offset of their clocks. */
  clockOffMs = 0;
  private readonly redis: Redis;
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly world: World) {
    const url = new URL(world.redis.url);
    url.port = String(world.proxies?.redis.port ?? url.port);
    this.redis = new Redis(url.href, {
      maxRetriesPerRequest: null,
      socketTimeout: 5000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 500),
    });
    this.redis.on('error', () => undefined);
  }

  /**
   * Puts a job on its queue and notes that it was taken; `unknown` until then. Its correlationId is the job's id too, so
   * that a wiped Redis shows what it lost.
   */
  async put(serial: string, queue: string, job: string, data: object): Promise<string> {
    const correlationId = randomUUID();
    try {
      const options = { jobId: correlationId, timestamp: Date.now() + this.clockOffMs };
      await this.queue(queue).add(job, { v: 1, correlationId, ...data }, options);
      await this.world.ledger.settle(serial, 'acked', { id: correlationId });
    } catch (error) {
      await this.world.ledger.settle(serial, 'unknown', { id: correlationId, reason: (error as Error).message });
    }
    return correlationId;
  }

  /** Puts a job that is not meant to succeed; nothing of it stands in the ledger. */
  async drop(queue: string, job: string, data: object): Promise<string> {
    const correlationId = randomUUID();
    await this.queue(queue).add(job, { correlationId, ...data }, { jobId: correlationId });
    return correlationId;
  }

  async close(): Promise<void> {
    await Promise.race([Promise.all([...this.queues.values()].map((queue) => queue.close())), sleep(2000)]);
    this.redis.disconnect();
  }

  private queue(name: string): Queue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = new Queue(name, { connection: this.redis, prefix: prefixOf(name, this.world.herald.namespace) });
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
    return queue;
  }
}
