import { Queue } from 'bullmq';
import { Cluster, type Redis, ReplyError } from 'ioredis';
import {
  awayError,
  isReady,
  prefixOf,
  producerConnection,
  type QueueOptions,
  type RedisClient,
  WITHOUT_VERSION_CHECK,
} from './connection.js';
import { isReservedId } from './malformed-jobs.js';

/** A job as stored in its hash, in any state, valid or not. */
export interface StoredJob {
  queue: string;
  id: string;
  name: string;
  data: string;
  /** All of its content: data, results, errors. */
  text: string;
  /** True after it succeeded or failed. */
  hasEnded: boolean;
}

/** Result of removing a job: removed, in work at a worker, or refused because BullMQ cannot remove it as it is. */
export type Removal = 'removed' | 'in work' | 'refused';

const SCAN_COUNT = 1000;
const MAX_JOBS = 100;
/** Limits a batch by size too, because the data of foreign jobs may have any length. */
const MAX_LENGTH = 4_000_000;

/** All jobs of some queues as stored in Redis, for searching their content. */
export class StoredJobs {
  private readonly redis: RedisClient;
  private readonly queues: Queue[];

  constructor(queues: string[], { redis, namespace }: QueueOptions) {
    this.redis = producerConnection(redis);
    this.queues = queues.map((name) => {
      const queue = new Queue(name, {
        connection: this.redis,
        prefix: prefixOf(name, namespace),
        ...WITHOUT_VERSION_CHECK,
      });
      queue.on('error', () => undefined);
      return queue;
    });
  }

  /** @throws Error when Redis is unavailable */
  async check(): Promise<void> {
    if (!(await isReady(this.redis, 2000))) throw awayError(this.redis);
  }

  /** Yields every job that exists throughout the scan. Jobs that move meanwhile may appear twice or not at all. */
  async *batches(): AsyncGenerator<StoredJob[]> {
    for (const queue of this.queues) {
      let batch: StoredJob[] = [];
      let length = 0;
      for await (const key of this.keysOf(queue)) {
        const job = await this.read(queue, key);
        if (!job) continue;
        batch.push(job);
        length += job.text.length;
        if (batch.length < MAX_JOBS && length < MAX_LENGTH) continue;
        yield batch;
        [batch, length] = [[], 0];
      }
      if (batch.length > 0) yield batch;
    }
  }

  async remove({ queue: name, id }: StoredJob): Promise<Removal> {
    const queue = this.queues.find((each) => each.name === name) as Queue;
    try {
      const code = await queue.remove(id);
      if (code === 1) return 'removed';
      return code === 0 ? 'in work' : 'refused';
    } catch (error) {
      // The other fields of a job may be invalid, so that BullMQ's script fails.
      if (error instanceof ReplyError) return 'refused';
      throw error;
    }
  }

  /** Deletes BullMQ's events, which keep the results and errors even of removed jobs. */
  async forgetEvents(): Promise<void> {
    // BullMQ's own method trims only approximately.
    for (const queue of this.queues) await this.redis.xtrim(queue.toKey('events'), 'MAXLEN', 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
    this.redis.disconnect();
  }

  private async *keysOf(queue: Queue): AsyncGenerator<string> {
    const nodes: Redis[] = this.redis instanceof Cluster ? this.redis.nodes('master') : [this.redis];
    for (const node of nodes) {
      let cursor = '0';
      do {
        const match = ['MATCH', queue.toKey('*'), 'COUNT', SCAN_COUNT, 'TYPE', 'hash'];
        const [next, keys] = (await node.call('SCAN', cursor, ...match)) as [string, string[]];
        yield* keys;
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /** Returns undefined for a hash that is no job. */
  private async read(queue: Queue, key: string): Promise<StoredJob | undefined> {
    const id = key.slice(queue.toKey('').length);
    // Removing such a job would remove a key of BullMQ; a worker gives it a key of its own.
    if (isReservedId(id)) return undefined;
    const fields = await this.redis.hgetall(key);
    if (fields['data'] === undefined && fields['timestamp'] === undefined) return undefined;
    const text = Object.values(fields).map(normalizeJson).join('\n');
    const { name = '', data = '', finishedOn } = fields;
    return {
      queue: queue.name,
      id,
      name,
      data,
      text,
      hasEnded: finishedOn !== undefined,
    };
  }
}

/** Returns JSON in one spelling, without unnecessary escapes; other text unchanged. */
function normalizeJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
