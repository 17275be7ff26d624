import { HeraldError } from '@herald/contracts';
import { awayError, isReady, type RedisAddress, type RedisClient, scriptConnection } from './connection.js';

/** Time without any reply to pending commands after which Redis counts as unavailable. */
const SILENCE_MS = 300;
const LOOK_EVERY_MS = 100;
const PROBE_EVERY_MS = 250;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A Lua script on the queues' Redis, for callers that can continue without it. A run is one round trip, shared with
 * runs that start meanwhile. While Redis is unavailable, or connected but silent, runs fail immediately.
 */
export class RedisScript {
  private readonly redis: RedisClient & { run(keyCount: number, ...args: (string | number)[]): Promise<unknown> };
  private readonly waiting = new Set<(error: Error) => void>();
  private readonly watch = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  private lastReplyAt = 0;
  private silent = false;
  private closed = false;

  constructor(address: RedisAddress, lua: string) {
    this.redis = scriptConnection(address) as typeof this.redis;
    this.redis.defineCommand('run', { lua });
  }

  /** Resolves to false when Redis is not connected within `timeoutMs`. */
  isReady(timeoutMs: number): Promise<boolean> {
    return isReady(this.redis, timeoutMs);
  }

  /** Rejects when Redis is unavailable, silent, or reports an error; the script may have run nevertheless. */
  run(keys: string[], args: (string | number)[]): Promise<unknown> {
    if (this.silent || this.redis.status !== 'ready') return Promise.reject(awayError(this.redis));
    if (this.waiting.size === 0) this.lastReplyAt = performance.now();
    return new Promise((resolve, reject) => {
      this.waiting.add(reject);
      this.redis
        .run(keys.length, ...keys, ...args)
        .then(resolve, reject)
        .finally(() => {
          this.lastReplyAt = performance.now();
          this.waiting.delete(reject);
        });
    });
  }

  close(): void {
    this.closed = true;
    clearInterval(this.watch);
    this.redis.disconnect();
  }

  private look(): void {
    // Replies that arrived while this process was busy are read before Redis counts as silent.
    if (this.isOverdue) setImmediate(() => this.isOverdue && this.giveUp());
  }

  private get isOverdue(): boolean {
    return this.waiting.size > 0 && performance.now() - this.lastReplyAt > SILENCE_MS;
  }

  private giveUp(): void {
    this.silent = true;
    for (const reject of this.waiting) reject(new HeraldError('Redis is silent'));
    this.waiting.clear();
    void this.probe();
  }

  private async probe(): Promise<void> {
    while (this.silent && !this.closed) {
      await sleep(PROBE_EVERY_MS);
      this.silent = await this.redis.ping().then(
        () => false,
        () => true,
      );
    }
  }
}
