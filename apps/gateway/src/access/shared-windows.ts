import { type RedisAddress, RedisScript } from '@herald/queue';
import type { Quota, Taken } from './quota.js';

/**
 * Takes a cost from every window when all have room, otherwise from none. A window is a counter with an expiry.
 * rate-limiter-flexible counts refused requests too, and needs a round trip per window.
 */
const TAKE = `
  local cost, allowed, reply = tonumber(ARGV[1]), 1, {}
  for i, key in ipairs(KEYS) do
    reply[2 * i] = tonumber(redis.call('GET', key) or 0)
    if reply[2 * i] + cost > tonumber(ARGV[2 * i]) then allowed = 0 end
  end
  for i, key in ipairs(KEYS) do
    if allowed == 1 then
      reply[2 * i] = redis.call('INCRBY', key, cost)
      if reply[2 * i] == cost then redis.call('PEXPIRE', key, ARGV[2 * i + 1]) end
    end
    reply[2 * i + 1] = redis.call('PTTL', key)
  end
  reply[1] = allowed
  return reply`;

/** The windows of all gateways, in Redis, on its clock. */
export class SharedWindows {
  private readonly script: RedisScript;

  constructor(
    redis: RedisAddress,
    private readonly namespace: string,
  ) {
    this.script = new RedisScript(redis, TAKE);
  }

  isReady(timeoutMs: number): Promise<boolean> {
    return this.script.isReady(timeoutMs);
  }

  /** Takes a cost in one round trip. Rejects immediately when Redis is unreachable. */
  async take(caller: string, quotas: Quota[], cost: number): Promise<Taken> {
    // All windows of a caller are on one shard of a Redis Cluster.
    const keys = quotas.map(({ name }) => `{${this.namespace}:limit:${caller}}:${name}`);
    const limits = quotas.flatMap(({ limit, seconds }) => [limit, seconds * 1000]);
    const [allowed, ...figures] = (await this.script.run(keys, [cost, ...limits])) as number[];
    const standings = quotas.map(({ seconds }, index) => {
      const [spent = 0, ttl = 0] = figures.slice(2 * index, 2 * index + 2);
      return { spent, msLeft: ttl >= 0 ? ttl : seconds * 1000 };
    });
    return { allowed: allowed === 1, standings };
  }

  close(): void {
    this.script.close();
  }
}
