import { chownSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '@herald/database';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { postgresHome } from '../../../apps/local/src/servers/postgres-account.js';
import { startPostgres } from '../../../apps/local/src/servers/postgres.js';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import type { Server } from '../../../apps/local/src/servers/server.js';
import { Folder } from '../faults/servers.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald, type ServiceName } from '../../support/herald.js';
import { Authority } from './certificates.js';

let folder: Folder;
let authority: Authority;
let stranger: Authority;
let client: { cert: string; key: string };
let redis: Server;
let tlsPort: number;
let postgres: Server;
let herald: Herald;
beforeAll(async () => {
  folder = await Folder.make();
  authority = new Authority(folder.path, 'authority');
  stranger = new Authority(folder.path, 'stranger');
  const server = authority.certify('server');
  client = authority.certify('client');
  tlsPort = await freePort();
  redis = await startRedis({
    dataDir: join(folder.path, 'redis'),
    settings: {
      'tls-port': String(tlsPort),
      'tls-cert-file': server.cert,
      'tls-key-file': server.key,
      'tls-ca-cert-file': authority.certificate,
      'tls-auth-clients': 'yes',
    },
  });
  // Postgres takes a key that is its own alone.
  const { uid, gid } = postgresHome(folder.path);
  const own = authority.certify('postgres');
  if (uid !== undefined && gid !== undefined) chownSync(own.key, uid, gid);
  postgres = await startPostgres({
    dataDir: join(folder.path, 'postgres'),
    settings: { ssl: 'on', ssl_cert_file: own.cert, ssl_key_file: own.key },
  });
  herald = await Herald.start({ services: [], redisUrl: redis.url, postgresUrl: postgres.url, through: {} });
});
afterAll(async () => {
  await herald?.stop();
  await postgres?.stop();
  await redis?.stop();
  await folder.remove();
});

const redisUrl = (parameters: Record<string, string>) => {
  const url = new URL(redis.url.replace('redis:', 'rediss:'));
  url.port = String(tlsPort);
  url.search = String(new URLSearchParams(parameters));
  return url.href;
};
const known = () => ({ sslrootcert: authority.certificate, sslcert: client.cert, sslkey: client.key });

const databaseUrl = (name: ServiceName, sslrootcert = authority.certificate) => {
  const url = new URL(herald.urlFor(`herald_${name}` as Role));
  url.search = String(new URLSearchParams({ sslmode: 'verify-full', sslrootcert }));
  return url.href;
};

const start = (name: ServiceName, env: Record<string, string> = {}) =>
  herald.startService(name, { env: { REDIS_URL: redisUrl(known()), DATABASE_URL: databaseUrl(name), ...env } });

it('carries a message from door to feed, encrypted to both servers', async () => {
  const services = [await start('gateway'), await start('delivery')];
  const token = herald.token('accessToken');
  const { body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  await eventually(
    async () => (await herald.query('select id from feed_messages where id = $1', [body.correlationId])).length === 1,
  );
  const sessions = await herald.query<{ usename: string; ssl: boolean }>(
    `select distinct usename, ssl from pg_stat_activity join pg_stat_ssl using (pid)
      where datname = current_database() and usename like 'herald%' order by usename`,
  );
  expect(sessions).toEqual([
    { usename: 'herald_delivery', ssl: true },
    { usename: 'herald_gateway', ssl: true },
  ]);
  for (const service of services) expect(await service.stop()).toBe(0);
});

it.each([
  [
    'a Redis that another authority certified',
    'redis',
    () => ({ REDIS_URL: redisUrl({ ...known(), sslrootcert: stranger.certificate }) }),
    /certificate/,
  ],
  [
    'a Redis that asks for a certificate, and none to show',
    'redis',
    () => ({ REDIS_URL: redisUrl({ sslrootcert: authority.certificate }) }),
    /certificate required|closed|ECONNRESET/,
  ],
  [
    'a Redis that is dialled without TLS',
    'redis',
    () => ({ REDIS_URL: redisUrl({}).replace('rediss:', 'redis:') }),
    /closed|ECONNRESET/,
  ],
  [
    'a Postgres that another authority certified',
    'postgres',
    () => ({ DATABASE_URL: databaseUrl('delivery', stranger.certificate) }),
    /certificate/,
  ],
] as const)('is not ready with %s, says why, and ends in time', async (_, away, env, reason) => {
  const service = await start('delivery', env());
  const { status, body } = await call('GET', `${service.url}/health/ready`);
  expect([status, body.dependencies[away]]).toEqual([503, 'away']);
  await eventually(() => reason.test(service.log));
  expect(await service.stop()).toBe(0);
});

it('does not start with a file that is not there, and says which', async () => {
  const missing = join(folder.path, 'missing.pem');
  await expect(start('delivery', { REDIS_URL: redisUrl({ sslrootcert: missing }) })).rejects.toThrow(
    /REDIS_URL: names a file by sslrootcert that cannot be read/,
  );
  await expect(start('delivery', { DATABASE_URL: databaseUrl('delivery', missing) })).rejects.toThrow(
    /DATABASE_URL: names a file by sslrootcert that cannot be read/,
  );
});
