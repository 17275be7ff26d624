import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import type { Ledger } from '../ledger.js';

interface AnsweredEvent {
  id: string;
  answer: { answer: string };
}

const QUEUE = 'merchant-answers.answered';

/** The system that owns the conversations: keeps every event it gets, on disk before it says so. */
export class EventConsumer {
  private readonly redis: Redis;
  private readonly worker: Worker<AnsweredEvent>;

  constructor(redisUrl: string, namespace: string, ledger: Ledger) {
    this.redis = new Redis(redisUrl, { maxRetriesPerRequest: null, retryStrategy: () => 200 });
    this.redis.on('error', () => undefined);
    this.worker = new Worker<AnsweredEvent>(
      QUEUE,
      ({ data }) => ledger.hear({ id: data.id, answer: data.answer.answer }),
      { connection: this.redis, prefix: prefixOf(QUEUE, namespace), concurrency: 20, drainDelay: 1 },
    );
    this.worker.on('error', () => undefined);
  }

  pause(): Promise<void> {
    return this.worker.pause(true);
  }

  async resume(): Promise<void> {
    await this.worker.resume();
  }

  /** Closes even when Redis is away; BullMQ's own close would wait for it. */
  async close(): Promise<void> {
    await Promise.race([this.worker.close(true), sleep(2000)]);
    this.redis.disconnect();
  }
}
