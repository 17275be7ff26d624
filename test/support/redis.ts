import { parseRedisUrl } from '@herald/bootstrap';
import { Cluster } from 'ioredis';
import { consumerConnection, type RedisClient } from '../../libs/queue/src/connection.js';

/** A connection of the test's own to a Redis, or a cluster, as a service would make it. */
export const redisAt = (url: string): RedisClient => consumerConnection(parseRedisUrl(url));

/** The keys that match, of all nodes. */
export async function keysOf(redis: RedisClient, pattern: string): Promise<string[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  return (await Promise.all(nodes.map((node) => node.keys(pattern)))).flat();
}
