import { randomUUID } from 'node:crypto';
import type { RefusalData } from '@herald/contracts';
import type { Job } from 'bullmq';
import { Cluster } from 'ioredis';
import { validate as isUuid } from 'uuid';
import type { RedisClient } from './connection.js';

/** How a request ended, as it travels back and as the job keeps it. */
export type Verdict = { value: unknown } | { refusal: RefusalData } | { skipped: true };

const HEARTBEAT_MS = 1000;
const HEARTBEAT = 'heartbeat';
/** So many heartbeats of a cluster in a row may go unheard. */
const MAX_UNHEARD = 3;

const channelsOf = (namespace = 'herald') => `${namespace}:replies:`;

/** True for the channels that gateways listen to; a worker publishes on no other. */
export const isReplyChannel = (channel: string, namespace?: string): boolean =>
  channel.startsWith(channelsOf(namespace)) && isUuid(channel.slice(channelsOf(namespace).length));

/**
 * The replies to one process, over Redis pub/sub on a channel of its own. A reply that is lost in a reconnect is not
 * sent again: at the deadline the caller looks at the job.
 */
export class ReplyInbox {
  readonly channel: string;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly waiting = new Map<string, (verdict: Verdict) => void>();
  private unheard = 0;

  constructor(
    private readonly subscriber: RedisClient,
    namespace: string,
  ) {
    this.channel = `${channelsOf(namespace)}${randomUUID()}`;
    subscriber.on('message', (_channel: string, message: string) => {
      this.unheard = 0;
      if (message === HEARTBEAT) return;
      const { jobId, verdict } = read(message);
      this.waiting.get(jobId)?.(verdict);
    });
    // ioredis subscribes again by itself after a reconnect; this is for the first time.
    subscriber.on('ready', () => void subscriber.subscribe(this.channel).catch(() => undefined));
    this.heartbeat = setInterval(() => void this.beat().catch(() => undefined), HEARTBEAT_MS);
  }

  /** The verdict of a job, or undefined when none came in time. */
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

  /** Who only listens does not notice that nobody is there. */
  private async beat(): Promise<void> {
    const { subscriber } = this;
    // The question that stays unanswered ends the connection.
    if (!(subscriber instanceof Cluster)) return void (await subscriber.ping());
    // Which node a cluster's client listens to is its own affair: what it tells all nodes it must hear from that one.
    if (subscriber.status !== 'ready') return;
    await subscriber.publish(this.channel, HEARTBEAT);
    if (++this.unheard <= MAX_UNHEARD) return;
    this.unheard = 0;
    subscriber.disconnect(true);
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    for (const settle of this.waiting.values()) settle({ skipped: true });
    this.subscriber.disconnect();
  }
}

interface Reply {
  jobId: string;
  verdict: Verdict;
}

/** A reply; of whatever else is on the channel, one that nobody waits for. */
function read(message: string): Reply {
  try {
    return Object(JSON.parse(message)) as Reply;
  } catch {
    return { jobId: '', verdict: { skipped: true } };
  }
}

/** Sends a verdict to whoever waits for it, by way of the node that has the job; nobody may be waiting any more. */
export async function reply(redis: RedisClient, job: Job, channel: string, verdict: Verdict): Promise<void> {
  const message = JSON.stringify({ jobId: job.id, verdict });
  if (!(redis instanceof Cluster)) return void (await redis.publish(channel, message));
  // A message has no slot, and any node would be asked to publish it, one that does not answer too; a key leads the way.
  await redis.pipeline().exists(job.queueQualifiedName).publish(channel, message).exec();
}
