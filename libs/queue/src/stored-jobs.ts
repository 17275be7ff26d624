import { Queue } from 'bullmq';
import { Cluster, type Redis, ReplyError } from 'ioredis';
import {
  awayError,
  isReady,
  prefixOf,
  producerConnection,
  type QueueOptions,
  type RedisClient,
  UNASKED,
} from './connection.js';

/** A job as its hash holds it, in whatever state and however broken. */
export interface StoredJob {
  queue: string;
  id: string;
  name: string;
  data: string;
  /** Everything in it: data, results, errors. */
  text: string;
  /** It succeeded or failed. */
  hasEnded: boolean;
}

/** What became of a job that was to go: it did, a worker is at it, or Redis cannot take it out as it is. */
export type Removal = 'removed' | 'in work' | 'refused';

const SCANNED_AT_ONCE = 1000;
const MAX_JOBS = 100;
/** Data of jobs have no bound when they come from elsewhere. */
const MAX_LENGTH = 4_000_000;

/** All jobs of some queues as they stand in Redis, for who looks for what they say. */
export class StoredJobs {
  private readonly redis: RedisClient;
  private readonly queues: Queue[];

  constructor(queues: string[], { redis, namespace }: QueueOptions) {
    this.redis = producerConnection(redis);
    this.queues = queues.map((name) => {
      const queue = new Queue(name, { connection: this.redis, prefix: prefixOf(name, namespace), ...UNASKED });
      queue.on('error', () => undefined);
      return queue;
    });
  }

  /** @throws Error when Redis is not there */
  async check(): Promise<void> {
    if (!(await isReady(this.redis, 2000))) throw awayError(this.redis);
  }

  /** Jobs that move on meanwhile may come twice or not at all; those that stay come. */
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
      // What stands around a job may be garbage that BullMQ's script stumbles over.
      if (error instanceof ReplyError) return 'refused';
      throw error;
    }
  }

  /** Forgets what happened to jobs, those that are gone too: BullMQ's events keep their results and errors. */
  async forgetEvents(): Promise<void> {
    // BullMQ's own trims about as much as it is asked to.
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
        const match = ['MATCH', queue.toKey('*'), 'COUNT', SCANNED_AT_ONCE, 'TYPE', 'hash'];
        const [next, keys] = (await node.call('SCAN', cursor, ...match)) as [string, string[]];
        yield* keys;
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /** Undefined for what is no job. */
  private async read(queue: Queue, key: string): Promise<StoredJob | undefined> {
    const fields = await this.redis.hgetall(key);
    if (fields['data'] === undefined && fields['timestamp'] === undefined) return undefined;
    const text = Object.values(fields).map(asWritten).join('\n');
    const { name = '', data = '', finishedOn } = fields;
    return {
      queue: queue.name,
      id: key.slice(queue.toKey('').length),
      name,
      data,
      text,
      hasEnded: finishedOn !== undefined,
    };
  }
}

/** JSON in one spelling, whatever its producer's: without escapes that need not be. Other text as it is. */
function asWritten(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
