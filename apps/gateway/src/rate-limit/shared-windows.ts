import { type RedisAddress, RedisScript } from '@herald/queue';
import type { Quota, Taken } from './quota.js';

/**
 * Takes a cost from every window that has room for it, or from none: a window is a counter that goes when its time is over.
 * rate-limiter-flexible counts refused requests too, and one window a round trip.
 */
const TAKE = `
  local cost, admitted, reply = tonumber(ARGV[1]), 1, {}
  for i, key in ipairs(KEYS) do
    reply[2 * i] = tonumber(redis.call('GET', key) or 0)
    if reply[2 * i] + cost > tonumber(ARGV[2 * i]) then admitted = 0 end
  end
  for i, key in ipairs(KEYS) do
    if admitted == 1 then
      reply[2 * i] = redis.call('INCRBY', key, cost)
      if reply[2 * i] == cost then redis.call('PEXPIRE', key, ARGV[2 * i + 1]) end
    end
    reply[2 * i + 1] = redis.call('PTTL', key)
  end
  reply[1] = admitted
  return reply`;

/** The windows of all gateways, in Redis, by its clock. */
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

  /** One round trip. Rejects at once when Redis is away. */
  async take(caller: string, quotas: Quota[], cost: number): Promise<Taken> {
    // A caller's windows lie on one shard of a Redis Cluster.
    const keys = quotas.map(({ name }) => `{${this.namespace}:limit:${caller}}:${name}`);
    const limits = quotas.flatMap(({ limit, seconds }) => [limit, seconds * 1000]);
    const [admitted, ...figures] = (await this.script.run(keys, [cost, ...limits])) as number[];
    const standings = quotas.map(({ seconds }, index) => {
      const [spent = 0, ttl = 0] = figures.slice(2 * index, 2 * index + 2);
      return { spent, msLeft: ttl >= 0 ? ttl : seconds * 1000 };
    });
    return { admitted: admitted === 1, standings };
  }

  close(): void {
    this.script.close();
  }
}
