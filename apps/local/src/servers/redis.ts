import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, sentence } from '@herald/operator';
import { launch, type Launched } from '../processes/launch.js';
import { readRecord } from '../processes/record.js';
import { keptPassword, makeFolder, tail } from './data-folder.js';
import { freePort } from './free-port.js';
import { redisBinary } from './redis-binary.js';
import { pollMs, type Server, type ServerOptions } from './server.js';

export interface RedisOptions extends ServerOptions {
  /** Additional server settings, as in redis.conf. */
  settings?: Record<string, string>;
}

/**
 * Starts our own Redis on `dataDir`, with the durability that a queue needs: every write is on disk before Redis
 * replies, and nothing is evicted.
 * @throws Failure when a server is still running on the folder
 */
export async function startRedis(options: RedisOptions): Promise<Server> {
  const { signal, log } = options;
  const dataDir = resolve(options.dataDir);
  makeFolder(dataDir);
  const recordFile = join(dataDir, 'process.json');
  const running = readRecord(recordFile);
  if (running) throw new Failure(`Redis already runs on ${dataDir} (process ${running.pid}). Stop it first.`);

  const binary = await redisBinary({ dataDir, log, signal });
  const password = keptPassword(dataDir);
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const port = options.port ?? (await freePort());
    const logFile = join(dataDir, 'redis.log');
    rmSync(logFile, { force: true });
    const output = openSync(logFile, 'a', 0o600);
    const server = await launch({
      name: 'redis',
      command: binary.command,
      args: [configuration(dataDir, port, password, options.settings)],
      env: { ...process.env, ...binary.env },
      cwd: dataDir,
      stdio: ['ignore', output, output],
      endWith: 'SIGTERM',
      graceMs: 10_000,
      recordFile,
    }).finally(() => closeSync(output));

    const failed = await untilReady(server, port, password, signal);
    if (!failed) {
      const { pid, exited } = server;
      const url = `redis://:${password}@127.0.0.1:${port}`;
      return {
        url,
        port,
        pid,
        exited,
        folder: dataDir,
        stop: () => server.stop(),
        kill: () => server.kill(),
      };
    }
    const reason = tail(logFile);
    const portTaken = reason.includes('Address already in use');
    if (options.port || !portTaken || attempt === 5) {
      throw new Failure(`Redis did not start on ${dataDir} (${failed}): ${reason}`);
    }
  }
}

/** Writes the configuration to a file, because every user of the machine could read the password on a command line. */
function configuration(dataDir: string, port: number, password: string, more: Record<string, string> = {}): string {
  const file = join(dataDir, 'redis.conf');
  rmSync(file, { force: true });
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(dataDir)}`,
    `requirepass ${password}`,
    'daemonize no',
    'appendonly yes',
    'appendfsync always',
    'maxmemory-policy noeviction',
    'save ""',
    ...Object.entries(more).map(([name, value]) => `${name} ${value}`),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

/** Returns undefined when the server accepts commands, or how it ended before. Loading a large file may take long. */
async function untilReady(server: Launched, port: number, password: string, signal?: AbortSignal) {
  let ended: string | undefined;
  void server.exited.then((how) => (ended = how));
  while (ended === undefined) {
    if (signal?.aborted) {
      await server.stop();
      signal.throwIfAborted();
    }
    const ready = (await ping(port, password)).endsWith('+PONG\r\n');
    if (ready && !signal?.aborted) return undefined;
    await sleep(pollMs);
  }
  return ended;
}

/** Returns the reply of Redis to a login and a PING, or why there is none. */
function ping(port: number, password: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2_000 });
    socket.on('data', (chunk) => (received += chunk));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', (error) => (received = sentence(error)));
    socket.on('close', () => resolve(received));
    socket.end(`AUTH ${password}\r\nPING\r\n`);
  });
}
