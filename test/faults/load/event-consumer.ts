import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import type { World } from '../world.js';

interface AnsweredEvent {
  id: string;
  answer: { answer: string };
}

const QUEUE = 'merchant-answers.answered';

/** The system that owns the conversations: keeps every event it gets, on disk before it says so. */
export class EventConsumer {
  private readonly redis: Redis;
  private readonly worker: Worker<AnsweredEvent>;

  constructor(world: World) {
    this.redis = new Redis(world.redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 200 });
    this.redis.on('error', () => undefined);
    this.worker = new Worker<AnsweredEvent>(
      QUEUE,
      ({ data }) => world.ledger.hear({ id: data.id, answer: data.answer.answer }),
      { connection: this.redis, prefix: prefixOf(QUEUE, world.herald.namespace), concurrency: 20, drainDelay: 1 },
    );
    this.worker.on('error', () => undefined);
  }

  pause(): Promise<void> {
    return this.worker.pause(true);
  }

  async resume(): Promise<void> {
    await this.worker.resume();
  }

  async close(): Promise<void> {
    await this.worker.close();
    this.redis.disconnect();
  }
}
