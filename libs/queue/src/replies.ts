import { randomUUID } from 'node:crypto';
import type { RefusalData } from '@herald/contracts';
import type { Redis } from 'ioredis';

/** How a request ended, as it travels back and as the job keeps it. */
export type Verdict = { value: unknown } | { refusal: RefusalData } | { skipped: true };

const HEARTBEAT_MS = 1000;

/**
 * The replies to one process, over Redis pub/sub on a channel of its own. A reply that is lost in a reconnect is not
 * sent again: at the deadline the caller looks at the job.
 */
export class ReplyInbox {
  readonly channel: string;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly waiting = new Map<string, (verdict: Verdict) => void>();

  constructor(
    private readonly subscriber: Redis,
    namespace: string,
  ) {
    this.channel = `${namespace}:replies:${randomUUID()}`;
    subscriber.on('message', (_channel: string, message: string) => {
      const { jobId, verdict } = JSON.parse(message) as { jobId: string; verdict: Verdict };
      this.waiting.get(jobId)?.(verdict);
    });
    // ioredis subscribes again by itself after a reconnect; this is for the first time.
    subscriber.on('ready', () => void subscriber.subscribe(this.channel).catch(() => undefined));
    // Who only listens does not notice that nobody is there: the question that stays unanswered ends the connection.
    this.heartbeat = setInterval(() => void subscriber.ping().catch(() => undefined), HEARTBEAT_MS);
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

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    for (const settle of this.waiting.values()) settle({ skipped: true });
    this.subscriber.disconnect();
  }
}

/** Sends a verdict to whoever waits for it; nobody may be waiting any more. */
export async function reply(redis: Redis, channel: string, jobId: string, verdict: Verdict): Promise<void> {
  await redis.publish(channel, JSON.stringify({ jobId, verdict }));
}
