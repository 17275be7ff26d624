import { randomUUID } from 'node:crypto';
import type { RefusalData } from '@herald/contracts';
import type { Job } from 'bullmq';
import { Cluster } from 'ioredis';
import { validate as isUuid } from 'uuid';
import type { RedisClient } from './connection.js';
import { Subscription } from './subscription.js';

/** The outcome of a command, as sent to the caller and kept in the job. */
export type Verdict = { value: unknown } | { refusal: RefusalData } | { skipped: true };

const channelsOf = (namespace = 'herald') => `${namespace}:replies:`;

/** Returns true for the reply channels of gateways; a worker publishes to no other channel. */
export const isReplyChannel = (channel: string, namespace?: string): boolean =>
  channel.startsWith(channelsOf(namespace)) && isUuid(channel.slice(channelsOf(namespace).length));

/**
 * The replies to one process, over Redis pub/sub on its own channel. A reply that is lost in a reconnect is not sent
 * again: at the deadline the caller reads the job.
 */
export class ReplyInbox {
  readonly channel: string;
  private readonly waiting = new Map<string, (verdict: Verdict) => void>();
  private readonly subscription: Subscription;

  constructor(subscriber: RedisClient, namespace: string) {
    this.channel = `${channelsOf(namespace)}${randomUUID()}`;
    this.subscription = new Subscription(subscriber, {
      channel: this.channel,
      onMessage: (message) => {
        const { jobId, verdict } = read(message);
        this.waiting.get(jobId)?.(verdict);
      },
    });
  }

  /** Returns a promise of a job's verdict, or of undefined when none arrives in time. */
  await(jobId: string, timeoutMs: number): { verdict: Promise<Verdict | undefined>; cancel: () => void } {
    let settle: (verdict?: Verdict) => void = () => undefined;
    const verdict = new Promise<Verdict | undefined>((resolve) => {
      const timer = setTimeout(() => settle(), timeoutMs);
      settle = (value) => {
        clearTimeout(timer);
        this.waiting.delete(jobId);
        resolve(value);
      };
    });
    this.waiting.set(jobId, settle);
    return { verdict, cancel: () => settle() };
  }

  async close(): Promise<void> {
    for (const settle of this.waiting.values()) settle({ skipped: true });
    this.subscription.close();
  }
}

interface Reply {
  jobId: string;
  verdict: Verdict;
}

/** Parses a reply; anything else on the channel becomes a reply that nothing waits for. */
function read(message: string): Reply {
  try {
    return Object(JSON.parse(message)) as Reply;
  } catch {
    return { jobId: '', verdict: { skipped: true } };
  }
}

/** Sends a verdict to its caller, through the node that has the job. The caller may no longer be waiting. */
export async function reply(redis: RedisClient, job: Job, channel: string, verdict: Verdict): Promise<void> {
  const message = JSON.stringify({ jobId: job.id, verdict });
  if (!(redis instanceof Cluster)) return void (await redis.publish(channel, message));
  // PUBLISH has no key, so ioredis might choose an unavailable node. The key of EXISTS routes the pipeline.
  await redis.pipeline().exists(job.queueQualifiedName).publish(channel, message).exec();
}
