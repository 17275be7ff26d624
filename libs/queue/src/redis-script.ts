import { OwnFault } from '@herald/contracts';
import { awayError, isReady, type RedisAddress, type RedisClient, scriptConnection } from './connection.js';

/** A Redis that says nothing for this long while it is asked counts as away. */
const SILENCE_MS = 300;
const LOOK_EVERY_MS = 100;
const PROBE_EVERY_MS = 250;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A Lua script on the queues' Redis, for a caller who can do without: a run is one round trip, shared with those that start
 * meanwhile. While Redis is away, or connected and silent, runs fail at once.
 */
export class RedisScript {
  private readonly redis: RedisClient & { run(keyCount: number, ...args: (string | number)[]): Promise<unknown> };
  private readonly waiting = new Set<(error: Error) => void>();
  private readonly watch = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  private heardAt = 0;
  private silent = false;
  private closed = false;

  constructor(address: RedisAddress, lua: string) {
    this.redis = scriptConnection(address) as typeof this.redis;
    this.redis.defineCommand('run', { lua });
  }

  /** False when Redis is not there within `timeoutMs`. */
  isReady(timeoutMs: number): Promise<boolean> {
    return isReady(this.redis, timeoutMs);
  }

  /** Rejects when Redis is away, silent, or refuses; the script may have run all the same. */
  run(keys: string[], args: (string | number)[]): Promise<unknown> {
    if (this.silent || this.redis.status !== 'ready') return Promise.reject(awayError(this.redis));
    if (this.waiting.size === 0) this.heardAt = performance.now();
    return new Promise((resolve, reject) => {
      this.waiting.add(reject);
      this.redis
        .run(keys.length, ...keys, ...args)
        .then(resolve, reject)
        .finally(() => {
          this.heardAt = performance.now();
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
    // What has arrived while this process was busy is read before Redis is called silent.
    if (this.isOverdue) setImmediate(() => this.isOverdue && this.giveUp());
  }

  private get isOverdue(): boolean {
    return this.waiting.size > 0 && performance.now() - this.heardAt > SILENCE_MS;
  }

  private giveUp(): void {
    this.silent = true;
    for (const reject of this.waiting) reject(new OwnFault('Redis is silent'));
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
