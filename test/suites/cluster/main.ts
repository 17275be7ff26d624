/**
 * `npm run test:cluster [-- options of Jest]`: runs the end-to-end suite through a Redis Cluster of three masters and, where
 * it can be had, PgBouncer in transaction mode; servers and processes of its own, all of which end with it.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../../../apps/local/src/servers/postgres.js';
import { Folder } from '../faults/servers.js';
import { NoPgBouncer, PgBouncer } from './pgbouncer.js';
import { RedisCluster } from './redis-cluster.js';

const ends: (() => Promise<void>)[] = [];

async function main(): Promise<number> {
  const folder = await Folder.make();
  ends.push(() => folder.remove());
  const postgres = await startPostgres({ dataDir: join(folder.path, 'postgres') });
  ends.push(() => postgres.stop());
  const redis = await RedisCluster.start(join(folder.path, 'redis'));
  ends.push(() => redis.stop());
  const pooler = await PgBouncer.start(join(folder.path, 'pgbouncer'), postgres.url).catch((error: Error) => {
    if (!(error instanceof NoPgBouncer)) throw error;
    console.log(`SKIPPED: nothing went through PgBouncer, whose Debian package cannot be had here: ${error.message}`);
    return undefined;
  });
  if (pooler) ends.push(() => pooler.stop());
  const ports = redis.nodes.map(({ port }) => port).join(', ');
  console.log(`Redis Cluster at ${ports}, ${pooler ? `PgBouncer ${pooler.version}` : 'no PgBouncer'}`);
  const withoutTls = await promisify(execFile)('openssl', ['version']).then(() => '', String);
  if (withoutTls) console.log(`SKIPPED: TLS, for want of certificates: ${withoutTls}`);
  const jest = spawn(
    'node_modules/.bin/jest',
    ['--config', 'test/suites/cluster/jest.config.cjs', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        HERALD_TEST_DATABASE_URL: postgres.url,
        HERALD_TEST_REDIS_URL: redis.url(),
        HERALD_TEST_POOLER_PORT: pooler ? String(pooler.port) : '',
        HERALD_TEST_WITHOUT_TLS: withoutTls,
      },
    },
  );
  ends.push(async () => void jest.kill('SIGTERM'));
  const [code] = (await once(jest, 'exit')) as [number | null];
  return code ?? 1;
}

async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void endAll().then(() => process.exit(130)));

void main()
  .catch((error: unknown) => {
    console.error(error);
    return 2;
  })
  .then(async (code) => {
    await endAll();
    process.exit(code);
  });
