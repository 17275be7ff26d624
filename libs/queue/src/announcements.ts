import { isJsonObject } from '@herald/contracts';
import { producerConnection, type QueueOptions } from './connection.js';
import { Subscription } from './subscription.js';

const channelOf = (namespace = 'herald') => `${namespace}:changes`;

/** What is committed within this time is announced together. */
const COLLECT_MS = 2;
const TRY_AGAIN_MS = 500;
/** Announcements that wait while Redis is away; beyond that all streams look for changes by themselves. */
const MAX_WAITING = 10_000;

/** Says that changes were committed which concern some audiences. It only wakes streams: Postgres has the changes. */
export interface Announcement {
  audiences: string[];
  /** Time of the first of these commits, in epoch milliseconds. */
  at: number;
}

/** Announces commits to all gateways, over Redis pub/sub. What was committed together is announced together. */
export class Announcer {
  private readonly redis;
  private readonly channel: string;
  private readonly waiting = new Set<string>();
  private since = 0;
  private timer?: NodeJS.Timeout;

  constructor({ redis, namespace }: QueueOptions) {
    this.redis = producerConnection(redis);
    this.channel = channelOf(namespace);
  }

  announce(audiences: Iterable<string>): void {
    if (this.waiting.size === 0) this.since = Date.now();
    for (const audience of audiences) if (this.waiting.size < MAX_WAITING) this.waiting.add(audience);
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => void this.publish(), COLLECT_MS).unref();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.redis.disconnect();
  }

  private async publish(): Promise<void> {
    const announcement: Announcement = { audiences: [...this.waiting], at: this.since };
    this.waiting.clear();
    this.timer = undefined;
    try {
      await this.redis.publish(this.channel, JSON.stringify(announcement));
    } catch {
      const { audiences, at } = announcement;
      clearTimeout(this.timer);
      for (const each of audiences) if (this.waiting.size < MAX_WAITING) this.waiting.add(each);
      this.since = at;
      this.timer = setTimeout(() => void this.publish(), TRY_AGAIN_MS).unref();
    }
  }
}

/** Receives the announcements of all workers. Some may be lost; `onGap` is called whenever that may have happened. */
export function receiveAnnouncements(
  { redis, namespace }: QueueOptions,
  { onAnnouncement, onGap }: { onAnnouncement: (announcement: Announcement) => void; onGap: () => void },
): Subscription {
  return new Subscription(producerConnection(redis), {
    channel: channelOf(namespace),
    onMessage(message) {
      const announcement = read(message);
      if (announcement) onAnnouncement(announcement);
    },
    onListening: onGap,
  });
}

/** Returns undefined for anything else on the channel. */
function read(message: string): Announcement | undefined {
  try {
    const value: unknown = JSON.parse(message);
    if (!isJsonObject(value) || !Array.isArray(value['audiences'])) return undefined;
    const audiences = value['audiences'].filter((audience) => typeof audience === 'string');
    return { audiences, at: Number(value['at']) || Date.now() };
  } catch {
    return undefined;
  }
}
