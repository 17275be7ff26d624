import { HeraldError } from '@herald/contracts';
import { Cluster, Redis, type RedisOptions, ReplyError } from 'ioredis';

/** Addresses of Redis: one server, the initial nodes of a cluster, or sentinels that know the master. */
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

/** The Redis and the namespace of the queues. */
export interface QueueOptions {
  redis: RedisAddress;
  /** First part of every key, `herald` by default; each test uses its own. */
  namespace?: string;
}

/** A connection to a server, or a client's connections to the nodes of a cluster. */
export type RedisClient = Redis | Cluster;

/** The queue's own hash tag keeps its keys on one shard of a Redis Cluster. */
export const prefixOf = (queue: string, namespace = 'herald') => `{${namespace}:${queue}}`;

/**
 * Timeouts for connections whose other end vanished silently: a command without a reply for this long ends the
 * connection, and ioredis opens a new one. BullMQ's workers wait for jobs in commands that block for up to 10 s, on a
 * duplicate of the connection passed to them.
 */
const SILENT_PRODUCER_MS = 2000;
const SILENT_CONSUMER_MS = 5000;
const SILENT_WAITING_MS = 12_000;

/**
 * Option for queues without a worker. BullMQ checks the server's version once and keeps the result for good, so a queue
 * first used while the server was unavailable would be unusable until the process restarts.
 */
export const WITHOUT_VERSION_CHECK = { skipVersionCheck: true };

const reconnectMs = (attempt: number) => Math.min(200 * attempt, 1000);

/** A connection for callers that wait: fails within about a second when Redis is unavailable, without offline queue. */
export function producerConnection(address: RedisAddress): RedisClient {
  return connect(address, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 1000,
    connectTimeout: 1000,
    socketTimeout: SILENT_PRODUCER_MS,
  });
}

/**
 * A connection for callers that continue without Redis when it is unavailable: pending commands fail with the
 * connection, and a silently dead connection is closed.
 */
export function scriptConnection(address: RedisAddress): RedisClient {
  return connect(address, {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    socketTimeout: 3000,
  });
}

/** A connection for workers: waits for Redis indefinitely, and reconnects at most a second after it is back. */
export function consumerConnection(address: RedisAddress): RedisClient {
  const redis = connect(address, {
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

const lastErrors = new WeakMap<RedisClient, Error>();

function connect(address: RedisAddress, options: RedisOptions): RedisClient {
  const redis = address.kind === 'cluster' ? toCluster(address, options) : toServer(address, options);
  // Each failed attempt emits one of these events, and ioredis retries. Callers notice an outage when a command fails.
  for (const event of ['error', 'sentinelError', 'node error']) {
    redis.on(event, (error: Error & { lastNodeError?: Error }) => {
      // This summary hides the errors of the individual sentinels, which were reported before.
      if (error.message.startsWith('All sentinels are unreachable')) return;
      lastErrors.set(redis, error.lastNodeError ?? error);
    });
  }
  redis.on('ready', () => lastErrors.delete(redis));
  redis.connect().catch(() => undefined);
  return redis;
}

function toServer(address: RedisAddress, options: RedisOptions): Redis {
  const { kind, nodes, username, password, database, master, sentinelPassword, tls } = address;
  const target =
    kind === 'server'
      ? { ...nodes[0], db: database }
      : {
          sentinels: nodes,
          name: master,
          sentinelPassword,
          sentinelTLS: tls,
          enableTLSForSentinelMode: tls !== undefined,
          sentinelRetryStrategy: reconnectMs,
          // A demoted master still responds: reconnect to the current master and resend the command.
          reconnectOnError: ({ message }: Error) => (message.startsWith('READONLY') ? (2 as const) : false),
        };
  return new Redis({ ...options, ...target, username, password, tls, retryStrategy: reconnectMs, lazyConnect: true });
}

function toCluster({ nodes, username, password, tls }: RedisAddress, options: RedisOptions): Cluster {
  const { enableOfflineQueue, enableAutoPipelining, ...nodeOptions } = options;
  const cluster = new Cluster(nodes, {
    enableOfflineQueue,
    enableAutoPipelining,
    clusterRetryStrategy: reconnectMs,
    ...(options.maxRetriesPerRequest === 0 ? { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 } : {}),
    // If the ready check finds the cluster down, ioredis never settles that connect(), for which a BullMQ worker waits,
    // even when later attempts succeed. Without the check, the commands themselves fail and are retried.
    ...(options.maxRetriesPerRequest === null ? { enableReadyCheck: false } : {}),
    slotsRefreshTimeout: options.connectTimeout,
    // Keep host names unresolved, because certificates are issued for names.
    dnsLookup: (host, found) => found(null, host),
    lazyConnect: true,
    redisOptions: { ...nodeOptions, username, password, tls },
  });
  if (enableOfflineQueue === false) connectEarly(cluster);
  return cluster;
}

/**
 * Without an offline queue, the first command to an unconnected node fails. So nodes are connected before there is a
 * command, but only once ioredis has found the cluster ready: it checks this with a command of its own to any node, and
 * if that fails it closes all connections and starts over.
 */
function connectEarly(cluster: Cluster): void {
  const connectNode = (node: Redis) => void node.connect().catch(() => undefined);
  cluster.on('ready', () => cluster.nodes().forEach(connectNode));
  cluster.on('+node', (node: Redis) => cluster.status === 'ready' && connectNode(node));
}

/** The error while Redis does not respond, with the reason as its cause if it is known. */
export const awayError = (redis: RedisClient): Error =>
  new HeraldError('Redis is away', { cause: lastErrors.get(redis) });

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

/** Rejects while Redis does not respond; in a cluster, while a node with keys under these prefixes does not. */
export async function reach(redis: RedisClient, prefixes: string[]): Promise<void> {
  await Promise.all(prefixes.map((prefix) => redis.exists(`${prefix}:meta`)));
}

/**
 * Checks every server that stores jobs, if Redis is connected within `timeoutMs`.
 * @throws Error when a server evicts keys under memory pressure, which loses jobs silently, or is not of the kind that
 *   REDIS_URL names
 */
export async function checkServers(redis: RedisClient, timeoutMs: number): Promise<void> {
  const ready = await isReady(redis, timeoutMs);
  if (/cluster support disabled/.test(lastErrors.get(redis)?.message ?? '')) {
    throw new HeraldError('REDIS_URL names a cluster, and its server is none: it must start with redis:// then');
  }
  if (!ready) return;
  const masters = redis instanceof Cluster ? redis.nodes('master') : [redis];
  for (const info of await Promise.all(masters.map(infoOf))) {
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy && policy !== 'noeviction') {
      throw new HeraldError(`Redis must run with maxmemory-policy noeviction, not ${policy}: it would throw jobs away`);
    }
    const mode = /(?:redis|server)_mode:(\w+)/.exec(info)?.[1] ?? '';
    if (['cluster', 'sentinel'].includes(mode) && !(redis instanceof Cluster)) {
      throw new HeraldError(`REDIS_URL names a ${mode} as if it were a server: it must start with redis+${mode}://`);
    }
  }
}

/** Returns '' when the server is unavailable: the service may start, but is not ready. */
async function infoOf(server: RedisClient): Promise<string> {
  return server.info().catch((error: Error) => {
    if (error instanceof ReplyError) throw error;
    return '';
  });
}
