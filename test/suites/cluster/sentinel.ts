import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { launch, type Launched } from '../../../apps/local/src/processes/launch.js';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { redisBinary } from '../../../apps/local/src/servers/redis-binary.js';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import { Breakable } from '../faults/breakable.js';
import { eventually } from '../../support/eventually.js';

const MASTER = 'mymaster';
const PASSWORD = 'for-tests-only';
const SENTINEL_PASSWORD = 'for-sentinels-only';

/** A master and its replica, and the sentinel that makes the one the other. */
export class WatchedRedis {
  private constructor(
    readonly servers: Breakable[],
    private readonly port: number,
    private readonly sentinel: Launched,
  ) {}

  static async start(folder: string): Promise<WatchedRedis> {
    const master = await startServer(join(folder, 'first'), {});
    const replica = await startServer(join(folder, 'second'), { replicaof: `127.0.0.1 ${master.port}` });
    const port = await freePort();
    const watched = new WatchedRedis(
      [master, replica],
      port,
      await startSentinel(join(folder, 'sentinel'), port, master),
    );
    try {
      await eventually(() => watched.isWhole(), 30_000);
      return watched;
    } catch (error) {
      await watched.stop();
      throw error;
    }
  }

  /** As REDIS_URL. */
  url({ master = MASTER, sentinelPassword = SENTINEL_PASSWORD } = {}): string {
    return `redis+sentinel://:${PASSWORD}@127.0.0.1:${this.port}/${master}?sentinel_password=${sentinelPassword}`;
  }

  /** The server that is master as the sentinel has it. */
  async master(): Promise<Breakable> {
    const [, port] = await this.ask<[string, string]>('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER);
    return this.servers.find((server) => server.port === Number(port)) as Breakable;
  }

  /** Makes the replica the master while both live. */
  async handOver(): Promise<void> {
    await this.ask('SENTINEL', 'FAILOVER', MASTER);
  }

  /** The sentinel knows a replica that could take over. */
  async isWhole(): Promise<boolean> {
    const [replica = []] = await this.ask<string[][]>('SENTINEL', 'REPLICAS', MASTER).catch(() => []);
    const told = (name: string) => replica[replica.indexOf(name) + 1];
    return told('flags') === 'slave' && told('master-link-status') === 'ok';
  }

  async stop(): Promise<void> {
    await this.sentinel.stop();
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  private async ask<T>(command: string, ...args: string[]): Promise<T> {
    const client = new Redis(this.port, { password: SENTINEL_PASSWORD, enableReadyCheck: false, retryStrategy: null });
    client.on('error', () => undefined);
    try {
      return (await client.call(command, ...args)) as T;
    } finally {
      client.disconnect();
    }
  }
}

function startServer(dataDir: string, settings: Record<string, string>): Promise<Breakable> {
  mkdirSync(dataDir, { recursive: true });
  // Any of them may become master; the others and the sentinel log in with the same password.
  writeFileSync(join(dataDir, 'password'), PASSWORD, { mode: 0o600 });
  const all = { ...settings, masterauth: PASSWORD, 'repl-diskless-sync-delay': '0' };
  return Breakable.start((port) => startRedis({ dataDir, port, settings: all }));
}

async function startSentinel(dataDir: string, port: number, master: Breakable): Promise<Launched> {
  mkdirSync(dataDir, { recursive: true });
  const { command, env } = await redisBinary({ dataDir });
  const file = join(dataDir, 'sentinel.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${dataDir}`,
    `requirepass ${SENTINEL_PASSWORD}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 1`,
    `sentinel auth-pass ${MASTER} ${PASSWORD}`,
    `sentinel down-after-milliseconds ${MASTER} 1000`,
    `sentinel failover-timeout ${MASTER} 3000`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  const output = openSync(join(dataDir, 'sentinel.log'), 'a');
  return launch({
    name: 'sentinel',
    command,
    args: [file, '--sentinel'],
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    endWith: 'SIGTERM',
    graceMs: 5000,
  });
}
