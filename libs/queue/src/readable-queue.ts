import { Job, Queue, type QueueOptions } from 'bullmq';
import { type RedisClient, WITHOUT_VERSION_CHECK } from './connection.js';

/** A queue from which every job can be read; data that is no JSON, on which BullMQ fails, is returned as stored. */
export class ReadableQueue extends Queue {
  constructor(
    name: string,
    private readonly redis: RedisClient,
    options: Omit<QueueOptions, 'connection'>,
  ) {
    super(name, { ...options, ...WITHOUT_VERSION_CHECK, connection: redis });
  }

  override async getJob(jobId: string): Promise<Job | undefined> {
    try {
      return await super.getJob(jobId);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const { name = '', data, timestamp } = await this.redis.hgetall(this.toKey(jobId));
      return new Job(this, name, { unreadable: data }, { timestamp: Number(timestamp) || 0 }, jobId);
    }
  }
}
