import { Redis } from 'ioredis';

/** Where the queues live. */
export interface QueueOptions {
  redisUrl: string;
  /** First part of every key; tests take one each. `herald` unless given. */
  namespace?: string;
}

/** The queue's own hash tag keeps its keys on one shard of a Redis Cluster. */
export const prefixOf = (queue: string, namespace = 'herald') => `{${namespace}:${queue}}`;

/**
 * A connection whose other end vanished without a word is silent for ever: what was asked and not answered for this long
 * ends it, and a new one is made. BullMQ's workers wait for jobs in commands that block for up to 10 s.
 */
const SILENT_PRODUCER_MS = 2000;
const SILENT_CONSUMER_MS = 12_000;

const reconnectMs = (attempt: number) => Math.min(200 * attempt, 1000);

/** For a caller who waits for an answer: fails within about a second when Redis is away, and queues nothing up. */
export function producerConnection(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 1000,
    connectTimeout: 1000,
    socketTimeout: SILENT_PRODUCER_MS,
    retryStrategy: reconnectMs,
    lazyConnect: true,
  });
  return connected(redis);
}

/**
 * For a caller who does without Redis as soon as it is away: what is under way fails with the connection, and a connection
 * that went dead without a word is given up.
 */
export function scriptConnection(redisUrl: string): Redis {
  return connected(
    new Redis(redisUrl, {
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 1000,
      socketTimeout: 3000,
      retryStrategy: reconnectMs,
      lazyConnect: true,
    }),
  );
}

/** For a worker: waits for Redis as long as it takes, and is back at most a second after it. */
export function consumerConnection(redisUrl: string): Redis {
  return connected(
    new Redis(redisUrl, {
      maxRetriesPerRequest: null,
      connectTimeout: 2000,
      socketTimeout: SILENT_CONSUMER_MS,
      retryStrategy: reconnectMs,
      lazyConnect: true,
    }),
  );
}

function connected(redis: Redis): Redis {
  // ioredis reports every failed attempt here and keeps trying; whoever sends a command learns of the outage.
  redis.on('error', () => undefined);
  redis.connect().catch(() => undefined);
  return redis;
}

/** Resolves when the connection is ready; false when it is not within `timeoutMs`. */
export async function isReady(redis: Redis, timeoutMs: number): Promise<boolean> {
  if (redis.status === 'ready') return true;
  return new Promise((resolve) => {
    const ready = () => settle(true);
    const timer = setTimeout(() => settle(false), timeoutMs);
    const settle = (value: boolean) => {
      clearTimeout(timer);
      redis.off('ready', ready);
      resolve(value);
    };
    redis.on('ready', ready);
  });
}

/**
 * A Redis that evicts keys under memory pressure loses jobs without a word.
 * @throws Error when the server's policy is not `noeviction`
 */
export async function refuseEviction(redis: Redis): Promise<void> {
  const memory = await redis.info('memory');
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy && policy !== 'noeviction') {
    throw new Error(`Redis must run with maxmemory-policy noeviction, not ${policy}: it would throw jobs away`);
  }
}
