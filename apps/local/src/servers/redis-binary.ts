import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, sentence } from '@herald/operator';
import { type RedisBinary, redisFromApt } from './redis-from-apt.js';
import type { ServerOptions } from './server.js';

const run = promisify(execFile);

/** Returns a recent enough server on PATH, or one from the distribution's package, unpacked into our cache. */
export async function redisBinary({ dataDir, log, signal }: ServerOptions): Promise<RedisBinary> {
  const tried: string[] = [];
  for (const name of ['valkey-server', 'redis-server']) {
    const command = onPath(name);
    if (!command) continue;
    const fault = await faultOf({ command, env: {} });
    if (!fault) return { command, env: {} };
    tried.push(`${command} ${fault}`);
  }
  if (tried.length === 0) tried.push('no valkey-server or redis-server on PATH');
  try {
    const unpacked = await redisFromApt(dataDir, faultOf, log, signal);
    if (unpacked) return unpacked;
  } catch (error) {
    signal?.throwIfAborted();
    tried.push(sentence(error));
  }
  throw new Failure(
    `No Redis server to start (${tried.join('; ')}). Install one (apt install redis-server, brew install redis), ` +
      'or run one (docker run -p 6379:6379 redis:7) and set REDIS_URL=redis://127.0.0.1:6379.',
  );
}

/** BullMQ needs Redis 6.2; every Valkey is newer than that. */
async function faultOf({ command, env }: RedisBinary): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], {
      env: { ...process.env, ...env },
      timeout: 10_000,
    });
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(stdout) ?? [];
    if (Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2)) return undefined;
    return `is too old (${stdout.trim().slice(0, 40)}, needed: 6.2)`;
  } catch (error) {
    return `does not run: ${sentence(error)}`;
  }
}

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  }
}
