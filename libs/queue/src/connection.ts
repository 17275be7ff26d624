import { OwnFault } from '@herald/contracts';
import { Cluster, Redis, type RedisOptions, ReplyError } from 'ioredis';

/** Where Redis is: one server, the first nodes of a cluster, or the sentinels that know the master. */
export interface RedisAddress {
  kind: 'server' | 'cluster' | 'sentinel';
  nodes: { host: string; port: number }[];
  username?: string;
  password?: string;
  database?: number;
  master?: string;
  sentinelPassword?: string;
  tls?: { ca?: string; cert?: string; key?: string };
}

/** Where the queues live. */
export interface QueueOptions {
  redis: RedisAddress;
  /** First part of every key; tests take one each. `herald` unless given. */
  namespace?: string;
}

/** A connection, or those of one client to the nodes of a cluster. */
export type RedisClient = Redis | Cluster;

/** The queue's own hash tag keeps its keys on one shard of a Redis Cluster. */
export const prefixOf = (queue: string, namespace = 'herald') => `{${namespace}:${queue}}`;

/**
 * A connection whose other end vanished without a word is silent for ever: what was asked and not answered for this long
 * ends it, and a new one is made. BullMQ's workers wait for jobs in commands that block for up to 10 s, on a copy of the
 * connection that they are given.
 */
const SILENT_PRODUCER_MS = 2000;
const SILENT_CONSUMER_MS = 5000;
const SILENT_WAITING_MS = 12_000;

/**
 * For queues that are not worked off. BullMQ asks the server for its version once and keeps the outcome for good: a queue
 * whose first use met a server that did not answer could not be used before the process was started again.
 */
export const UNASKED = { skipVersionCheck: true };

const reconnectMs = (attempt: number) => Math.min(200 * attempt, 1000);

/** For a caller who waits for an answer: fails within about a second when Redis is away, and queues nothing up. */
export function producerConnection(address: RedisAddress): RedisClient {
  return connected(address, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 1000,
    connectTimeout: 1000,
    socketTimeout: SILENT_PRODUCER_MS,
  });
}

/**
 * For a caller who does without Redis as soon as it is away: what is under way fails with the connection, and a connection
 * that went dead without a word is given up.
 */
export function scriptConnection(address: RedisAddress): RedisClient {
  return connected(address, {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    socketTimeout: 3000,
  });
}

/** For a worker: waits for Redis as long as it takes, and is back at most a second after it. */
export function consumerConnection(address: RedisAddress): RedisClient {
  const redis = connected(address, {
    maxRetriesPerRequest: null,
    connectTimeout: 2000,
    socketTimeout: SILENT_CONSUMER_MS,
  });
  const waiting = { socketTimeout: SILENT_WAITING_MS };
  if (redis instanceof Cluster) {
    const copy = redis.duplicate.bind(redis);
    redis.duplicate = (nodes, options) =>
      copy(nodes, { ...options, redisOptions: { ...options?.redisOptions, ...waiting } });
  } else {
    const copy = redis.duplicate.bind(redis);
    redis.duplicate = (options) => copy({ ...options, ...waiting });
  }
  return redis;
}

const troubles = new WeakMap<RedisClient, Error>();

function connected(address: RedisAddress, options: RedisOptions): RedisClient {
  const redis = address.kind === 'cluster' ? toCluster(address, options) : toServer(address, options);
  // Every failed attempt is reported in one of these, and ioredis keeps trying; whoever sends a command learns of the outage.
  for (const event of ['error', 'sentinelError', 'node error']) {
    redis.on(event, (error: Error & { lastNodeError?: Error }) => {
      // This one only sums up what each sentinel was reported for.
      if (error.message.startsWith('All sentinels are unreachable')) return;
      troubles.set(redis, error.lastNodeError ?? error);
    });
  }
  redis.on('ready', () => troubles.delete(redis));
  redis.connect().catch(() => undefined);
  return redis;
}

function toServer(address: RedisAddress, options: RedisOptions): Redis {
  const { kind, nodes, username, password, database, master, sentinelPassword, tls } = address;
  const place =
    kind === 'server'
      ? { ...nodes[0], db: database }
      : {
          sentinels: nodes,
          name: master,
          sentinelPassword,
          sentinelTLS: tls,
          enableTLSForSentinelMode: tls !== undefined,
          sentinelRetryStrategy: reconnectMs,
          // A master that was deposed and still answers: ask who is master now, and send the command there.
          reconnectOnError: ({ message }: Error) => (message.startsWith('READONLY') ? (2 as const) : false),
        };
  return new Redis({ ...options, ...place, username, password, tls, retryStrategy: reconnectMs, lazyConnect: true });
}

function toCluster({ nodes, username, password, tls }: RedisAddress, options: RedisOptions): Cluster {
  const { enableOfflineQueue, enableAutoPipelining, ...ofEachNode } = options;
  const cluster = new Cluster(nodes, {
    enableOfflineQueue,
    enableAutoPipelining,
    clusterRetryStrategy: reconnectMs,
    ...(options.maxRetriesPerRequest === 0 ? { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 } : {}),
    // When this check finds the cluster down, ioredis never settles that connect(), for which a worker of BullMQ waits, even
    // when later attempts succeed. Without it the commands are told, and tried again.
    ...(options.maxRetriesPerRequest === null ? { enableReadyCheck: false } : {}),
    slotsRefreshTimeout: options.connectTimeout,
    // Names stay names: a certificate is for a name.
    dnsLookup: (host, found) => found(null, host),
    lazyConnect: true,
    redisOptions: { ...ofEachNode, username, password, tls },
  });
  if (enableOfflineQueue === false) connectEarly(cluster);
  return cluster;
}

/**
 * Who queues nothing up is refused by a node to which the first command is still connecting. So nodes are connected before
 * there is a command; but not before ioredis found the cluster ready, by a command of its own to any node: refused, it would
 * give up all connections and begin again.
 */
function connectEarly(cluster: Cluster): void {
  const connect = (node: Redis) => void node.connect().catch(() => undefined);
  cluster.on('ready', () => cluster.nodes().forEach(connect));
  cluster.on('+node', (node: Redis) => cluster.status === 'ready' && connect(node));
}

/** What to say while Redis does not answer, with the reason as its cause, as far as it is known. */
export const awayError = (redis: RedisClient): Error => new OwnFault('Redis is away', { cause: troubles.get(redis) });

/** Resolves when the connection is ready; false when it is not within `timeoutMs`. */
export async function isReady(redis: RedisClient, timeoutMs: number): Promise<boolean> {
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

/** Rejects while Redis does not answer; of a cluster, the nodes that have the keys under these prefixes. */
export async function reach(redis: RedisClient, prefixes: string[]): Promise<void> {
  await Promise.all(prefixes.map((prefix) => redis.exists(`${prefix}:meta`)));
}

/**
 * Looks at every server that holds jobs, if Redis is there within `timeoutMs`.
 * @throws Error when one evicts keys under memory pressure, which loses jobs without a word, or is not of the kind that
 *   REDIS_URL says
 */
export async function refuseUnfit(redis: RedisClient, timeoutMs: number): Promise<void> {
  const ready = await isReady(redis, timeoutMs);
  if (/cluster support disabled/.test(troubles.get(redis)?.message ?? '')) {
    throw new OwnFault('REDIS_URL names a cluster, and its server is none: it must start with redis:// then');
  }
  if (!ready) return;
  const masters = redis instanceof Cluster ? redis.nodes('master') : [redis];
  for (const info of await Promise.all(masters.map(infoOf))) {
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy && policy !== 'noeviction') {
      throw new OwnFault(`Redis must run with maxmemory-policy noeviction, not ${policy}: it would throw jobs away`);
    }
    const mode = /(?:redis|server)_mode:(\w+)/.exec(info)?.[1] ?? '';
    if (['cluster', 'sentinel'].includes(mode) && !(redis instanceof Cluster)) {
      throw new OwnFault(`REDIS_URL names a ${mode} as if it were a server: it must start with redis+${mode}://`);
    }
  }
}

/** Empty when the server is away: that keeps a service unready, not from starting. */
async function infoOf(server: RedisClient): Promise<string> {
  return server.info().catch((error: Error) => {
    if (error instanceof ReplyError) throw error;
    return '';
  });
}
