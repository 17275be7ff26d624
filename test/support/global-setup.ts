import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

type Postgres = typeof import('../../apps/local/src/servers/postgres.js');
type Redis = typeof import('../../apps/local/src/servers/redis.js');
type Guards = typeof import('../../apps/local/src/processes/guard.js');

/** The servers that the teardown stops. Jest runs setup and teardown in one process, each as a separate module. */
export interface TestServers {
  stop(): Promise<void>;
}

declare global {
  var heraldTestServers: TestServers | undefined;
}

/**
 * One Postgres and one Redis for the whole run, as `npm start` has them, in a temp folder. They end and the
 * folder goes with the run, also when it is interrupted or killed. Jest maps no imports here, so this takes
 * the built modules.
 */
export default async function startServers(): Promise<void> {
  const built = resolve(__dirname, '../../dist/apps/local/src');
  if (!existsSync(join(built, 'servers/postgres.js'))) {
    throw new Error('Herald is not built. Run: node apps/local/prepare.mjs');
  }
  const { startPostgres } = require(join(built, 'servers/postgres.js')) as Postgres;
  const { startRedis } = require(join(built, 'servers/redis.js')) as Redis;
  const { guardFolder } = require(join(built, 'processes/guard.js')) as Guards;

  const folder = await mkdtemp(join(tmpdir(), 'herald-test-'));
  // The account that Postgres runs as when root tests has to pass through.
  await chmod(folder, 0o711);
  const ends: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  const removeWithUs = (path: string) => {
    const guard = guardFolder(path);
    ends.push(async () => {
      await rm(path, { recursive: true, force: true });
      await guard.release();
    });
  };

  try {
    removeWithUs(folder);
    const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
    if (!postgres.folder.startsWith(folder)) removeWithUs(postgres.folder);
    ends.push(() => postgres.stop());
    const redis = await startRedis({ dataDir: join(folder, 'redis') });
    ends.push(() => redis.stop());
    process.env['HERALD_TEST_DATABASE_URL'] = postgres.url;
    process.env['HERALD_TEST_REDIS_URL'] = redis.url;
    globalThis.heraldTestServers = { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
