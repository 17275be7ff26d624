import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import type { Ledger } from '../ledger.js';

interface QuestionEvent {
  id: string;
  question: { question: string };
  answer?: { answer: string };
}

const QUEUE = 'merchant-answers.events';

/** The system that owns the conversations: keeps every event it gets, on disk before it says so. */
export class EventConsumer {
  private readonly redis: Redis;
  private readonly worker: Worker<QuestionEvent>;

  constructor(redisUrl: string, namespace: string, ledger: Ledger) {
    this.redis = new Redis(redisUrl, { maxRetriesPerRequest: null, retryStrategy: () => 200 });
    this.redis.on('error', () => undefined);
    this.worker = new Worker<QuestionEvent>(
      QUEUE,
      ({ name, data: { id, question, answer } }) =>
        ledger.hear({ id, job: name, question: question.question, answer: answer?.answer }),
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
