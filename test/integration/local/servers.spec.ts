import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../../../apps/local/src/servers/postgres.js';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import { dataFolder } from '../../support/herald-up.js';

describe.each([
  ['Postgres', startPostgres],
  ['Redis', startRedis],
])('%s of our own', (name, start) => {
  let data: { path: string; remove(): Promise<void> };

  beforeEach(async () => {
    data = await dataFolder();
  });
  afterEach(() => data.remove());

  test('is not started twice on one folder', async () => {
    const server = await start({ dataDir: data.path });
    await expect(start({ dataDir: data.path })).rejects.toThrow(
      `${name} already runs on ${data.path} (process ${server.pid}). Stop it first.`,
    );
    await server.stop();
  });

  test('starts again after it was killed', async () => {
    const killed = await start({ dataDir: data.path });
    process.kill(killed.pid, 'SIGKILL');
    expect(await killed.exited).toBe('SIGKILL');
    const server = await start({ dataDir: data.path });
    expect(server.url.replace(String(server.port), '')).toBe(killed.url.replace(String(killed.port), ''));
    await server.stop();
  });

  test('leaves no process when its start is given up', async () => {
    const giveUp = new AbortController();
    // As soon as there is a process: a Redis is ready before one could count to twenty.
    const watch = setInterval(() => {
      if (existsSync(join(data.path, 'process.json'))) giveUp.abort(new Error('given up'));
    }, 1);
    await expect(start({ dataDir: data.path, signal: giveUp.signal })).rejects.toThrow('given up');
    clearInterval(watch);
    const server = await start({ dataDir: data.path });
    await server.stop();
  });
});

test('Postgres starts when its old process number belongs to another process now', async () => {
  const data = await dataFolder();
  const killed = await startPostgres({ dataDir: data.path });
  process.kill(killed.pid, 'SIGKILL');
  await killed.exited;
  const file = join(data.path, 'cluster/postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.pid)));

  const server = await startPostgres({ dataDir: data.path });
  expect(server.pid).not.toBe(killed.pid);
  await server.stop();
  await data.remove();
});

test('what an interrupted initdb left is cleared', async () => {
  const data = await dataFolder();
  await mkdir(join(data.path, 'cluster-1.unfinished/base'), { recursive: true });
  const server = await startPostgres({ dataDir: data.path });
  await server.stop();
  expect(readdirSync(data.path).filter((name) => name.includes('unfinished'))).toEqual([]);
  await data.remove();
});
