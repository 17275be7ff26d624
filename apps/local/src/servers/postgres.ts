import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, sentence } from '@herald/operator';
import { Client } from 'pg';
import { launch, type Launched } from '../processes/launch.js';
import { readRecord } from '../processes/record.js';
import { keptPassword, makeFolder, tail } from './data-folder.js';
import { freePort } from './free-port.js';
import { canReach, postgresHome } from './postgres-account.js';
import { postgresBinaries } from './postgres-binaries.js';
import { clearStalePid, ensureCluster } from './postgres-cluster.js';
import { pollMs, type Server, type ServerOptions } from './server.js';

/** The time for which the remains of a killed server may occupy its shared memory. */
const takeoverMs = 10_000;

export interface PostgresOptions extends ServerOptions {
  /** Additional server settings, as in postgresql.conf. */
  settings?: Record<string, string>;
}

/**
 * Starts our own Postgres on `dataDir`, which the first start creates. `url` is for the superuser and the database
 * `postgres`.
 * @throws Failure when a server is still running on the folder
 */
export async function startPostgres(options: PostgresOptions): Promise<Server> {
  const { signal, log } = options;
  const dataDir = resolve(options.dataDir);
  makeFolder(dataDir);
  const recordFile = join(dataDir, 'process.json');
  const running = readRecord(recordFile);
  if (running) throw new Failure(`Postgres already runs on ${dataDir} (process ${running.pid}). Stop it first.`);

  const home = postgresHome(dataDir);
  if (home.folder !== dataDir) log?.(`user "postgres" cannot reach ${dataDir}; the data are in ${home.folder}`);
  const password = keptPassword(dataDir);
  const { initdb, postgres } = postgresBinaries(home);
  const cluster = await ensureCluster(home, initdb, password, signal);
  if (!canReach(home, cluster)) throw new Failure(`The owner of ${cluster} cannot reach it.`);
  clearStalePid(cluster);

  const takeoverUntil = Date.now() + takeoverMs;
  for (;;) {
    signal?.throwIfAborted();
    const port = options.port ?? (await freePort());
    const logFile = join(dataDir, 'postgres.log');
    rmSync(logFile, { force: true });
    const output = openSync(logFile, 'a', 0o600);
    const server = await launch({
      name: 'postgres',
      command: postgres,
      args: ['-D', cluster, '-p', String(port), ...settings(options.settings)],
      uid: home.uid,
      gid: home.gid,
      cwd: home.folder,
      stdio: ['ignore', output, output],
      // SIGINT is Postgres' fast shutdown: open transactions roll back, committed ones are safe.
      endWith: 'SIGINT',
      graceMs: 20_000,
      recordFile,
    }).finally(() => closeSync(output));

    const failed = await untilReady(server, cluster, signal);
    if (!failed) {
      const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
      try {
        await checkLogin(url);
        signal?.throwIfAborted();
      } catch (error) {
        await server.stop();
        throw error;
      }
      const { pid, exited } = server;
      // SIGQUIT ends it and its children immediately; the next start replays the log.
      return {
        url,
        port,
        pid,
        exited,
        folder: home.folder,
        stop: () => server.stop(),
        kill: () => server.kill('SIGQUIT'),
      };
    }
    const reason = tail(logFile);
    const passing = /shared memory block|could not bind/.test(reason) && Date.now() < takeoverUntil;
    if (!passing || (options.port && reason.includes('could not bind'))) {
      throw new Failure(`Postgres did not start on ${cluster} (${failed}): ${reason}`);
    }
    await sleep(300);
  }
}

function settings(more: Record<string, string> = {}): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    synchronous_commit: 'on',
    // The outbox has a high turnover, so dead rows are vacuumed more often than every minute.
    autovacuum_naptime: '10s',
    lc_messages: 'C',
    timezone: 'UTC',
    log_checkpoints: 'off',
    ...more,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Returns undefined when the server accepts logins, or how it ended before. Recovery after a crash may take long. */
async function untilReady(server: Launched, cluster: string, signal?: AbortSignal): Promise<string | undefined> {
  let ended: string | undefined;
  void server.exited.then((how) => (ended = how));
  while (ended === undefined) {
    if (signal?.aborted) {
      await server.stop();
      signal.throwIfAborted();
    }
    if (saysReady(cluster, server.pid)) return undefined;
    await sleep(pollMs);
  }
  return ended;
}

/** Reads the state from the pid file, because another program may be listening on the port. */
function saysReady(cluster: string, pid: number): boolean {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

async function checkLogin(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
  } catch (error) {
    throw new Failure(`Postgres started but refuses the password kept for it: ${sentence(error)}`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}
