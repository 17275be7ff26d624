import { join } from 'node:path';
import { checkPostgres, checkRedis, ensureDatabase } from '../servers/given-servers.js';
import { startPostgres } from '../servers/postgres.js';
import { startRedis } from '../servers/redis.js';
import type { Server, ServerOptions } from '../servers/server.js';
import { KeptRunning } from './kept-running.js';
import type { Machine } from './machine.js';
import type { UpSettings } from '../settings/settings.js';
import type { Terminal } from '../terminal/terminal.js';

/** Checks the servers that the user named, starts the others, and returns the URLs of both. */
export async function startServers(
  { dataDir, databaseUrl, redis }: UpSettings,
  machine: Machine,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ databaseUrl: string; redisUrl: string }> {
  const start = (name: string, starter: (options: ServerOptions) => Promise<Server>) =>
    terminal.step(`Starting ${name}`, (log) => {
      const options = { dataDir: join(dataDir, name.toLowerCase()), signal };
      return KeptRunning.start(
        name,
        () => starter({ ...options, log }),
        // The services already use this port.
        ({ port }) => starter({ ...options, port }),
        (line) => terminal.say(line),
      );
    });

  if (databaseUrl) await terminal.step('Checking DATABASE_URL', () => checkPostgres(databaseUrl));
  if (redis) await terminal.step('Checking REDIS_URL', () => checkRedis(redis.address));
  if (!databaseUrl) machine.postgres = await start('Postgres', startPostgres);
  if (!redis) machine.redis = await start('Redis', startRedis);

  signal.throwIfAborted();
  return {
    databaseUrl: databaseUrl ?? (await ensureDatabase(machine.postgres!.current.url, 'herald')),
    redisUrl: redis?.url ?? machine.redis!.current.url,
  };
}
