import { isJsonObject } from '@herald/contracts';
import { producerConnection, type QueueOptions, type RedisClient } from './connection.js';
import { Subscription } from './subscription.js';

const channelOf = (namespace = 'herald') => `${namespace}:changes`;
/** Exists while a gateway has streams open. */
const listeningOf = (namespace = 'herald') => `${namespace}:listening`;

/** A gateway counts as listening for this long after it said so. */
const LISTENS_MS = 5000;
/** Workers notice within this time that a gateway listens, and announce nothing before. */
export const UNHEARD_MS = 1000;

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

/**
 * Announces commits to all gateways, over Redis pub/sub, while one listens. What was committed together is announced
 * together.
 */
export class Announcer {
  private readonly redis;
  private readonly channel: string;
  private readonly listening: string;
  private readonly heard: { lately: boolean; at: number } = { lately: false, at: -Infinity };
  private readonly waiting = new Set<string>();
  private since = 0;
  private timer?: NodeJS.Timeout;

  constructor({ redis, namespace }: QueueOptions) {
    this.redis = producerConnection(redis);
    this.channel = channelOf(namespace);
    this.listening = listeningOf(namespace);
  }

  announce(audiences: Iterable<string>): void {
    if (!this.heard.lately && performance.now() < this.heard.at + UNHEARD_MS) return;
    if (this.waiting.size === 0) this.since = Date.now();
    for (const audience of audiences) if (this.waiting.size < MAX_WAITING) this.waiting.add(audience);
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => void this.publish(), COLLECT_MS).unref();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.redis.disconnect();
  }

  /** Asks at most once in UNHEARD_MS; an announcement that nobody hears costs as much as one that is heard. */
  private async isHeard(): Promise<boolean> {
    const now = performance.now();
    if (now < this.heard.at + UNHEARD_MS) return this.heard.lately;
    this.heard.lately = (await this.redis.exists(this.listening)) === 1;
    this.heard.at = now;
    return this.heard.lately;
  }

  private async publish(): Promise<void> {
    const announcement: Announcement = { audiences: [...this.waiting], at: this.since };
    this.waiting.clear();
    this.timer = undefined;
    try {
      if (await this.isHeard()) await this.redis.publish(this.channel, JSON.stringify(announcement));
    } catch {
      const { audiences, at } = announcement;
      clearTimeout(this.timer);
      for (const each of audiences) if (this.waiting.size < MAX_WAITING) this.waiting.add(each);
      this.since = at;
      this.timer = setTimeout(() => void this.publish(), TRY_AGAIN_MS).unref();
    }
  }
}

export interface AnnouncementHandlers {
  onAnnouncement: (announcement: Announcement) => void;
  /** Called whenever announcements may have been lost. */
  onGap: () => void;
}

/** Receives the announcements of all workers, which announce while somebody listens. */
export class Announcements {
  private readonly redis: RedisClient;
  private readonly subscription: Subscription;
  private readonly listening: string;

  constructor({ redis, namespace }: QueueOptions, { onAnnouncement, onGap }: AnnouncementHandlers) {
    this.redis = producerConnection(redis);
    this.listening = listeningOf(namespace);
    this.subscription = new Subscription(producerConnection(redis), {
      channel: channelOf(namespace),
      onMessage(message) {
        const announcement = read(message);
        if (announcement) onAnnouncement(announcement);
      },
      onListening: onGap,
    });
  }

  /** Says that this gateway listens; to be said again within some seconds. */
  async listen(): Promise<void> {
    // While Redis is away nothing is announced either.
    await this.redis.set(this.listening, '1', 'PX', LISTENS_MS).catch(() => undefined);
  }

  close(): void {
    this.subscription.close();
    this.redis.disconnect();
  }
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
