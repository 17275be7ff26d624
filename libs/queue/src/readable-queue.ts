import { Job, Queue, type QueueOptions } from 'bullmq';
import { type RedisClient, UNASKED } from './connection.js';

/** A queue whose jobs can all be looked at: one whose data is no JSON, which BullMQ stumbles over, is shown as it is. */
export class ReadableQueue extends Queue {
  constructor(
    name: string,
    private readonly redis: RedisClient,
    options: Omit<QueueOptions, 'connection'>,
  ) {
    super(name, { ...options, ...UNASKED, connection: redis });
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
