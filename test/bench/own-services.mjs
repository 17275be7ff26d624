/** Services of Herald on a database and a queue namespace of their own, beside those that `herald up` started. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { start, untilReady } from './processes.mjs';

const require = createRequire(import.meta.url);
export const built = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const { migrate } = require(built('libs/database/src/index.js'));
const { loadDemo } = require(built('apps/local/src/demo/load-demo.js'));

const JWT = {
  issuer: 'bench',
  userAudience: 'users',
  merchantAudience: 'merchants',
  algorithm: 'HS256',
  secret: 'a secret of at least 32 bytes for benches only',
};

/** An empty, migrated database. */
export async function freshDatabase(servers, name) {
  await servers.sql(`create database ${name}`);
  const url = new URL(servers.databaseUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}

/** Two companies and their tokens. */
export const demoIn = (databaseUrl) => loadDemo({ databaseUrl, jwt: JWT, seed: databaseUrl });

/**
 * Starts a service as `name`, a namespace and a database; returns its address and pid once it is ready. One that is not fenced
 * passes row-level security by.
 */
export async function startOwn(servers, service, { name, databaseUrl, env = {}, preload, fenced = true }) {
  const port = String(await getPort());
  const running = start(built(`apps/${service}/src/main.js`), [], {
    DATABASE_URL: await asMember(servers, databaseUrl, service.replaceAll('-', '_'), fenced),
    REDIS_URL: servers.redisUrl,
    QUEUE_NAMESPACE: name,
    QUEUE_SECRET: 'a secret of at least 32 bytes for benches only',
    PORT: port,
    HEALTH_PORT: port,
    LOG_LEVEL: 'error',
    JWT_ISSUER: JWT.issuer,
    JWT_USER_AUDIENCE: JWT.userAudience,
    JWT_MERCHANT_AUDIENCE: JWT.merchantAudience,
    JWT_ALGORITHM: JWT.algorithm,
    JWT_SECRET: JWT.secret,
    ...(preload ? { NODE_OPTIONS: `--require ${preload}` } : {}),
    ...env,
  });
  const address = `http://127.0.0.1:${port}`;
  await untilReady(running, () =>
    fetch(`${address}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { address, pid: running.pid };
}

/** Enters as a member of the service's role: the same policies hold for it, unless they are passed by. */
async function asMember(servers, databaseUrl, service, fenced) {
  const role = fenced ? `bench_${service}` : `bench_unfenced_${service}`;
  await servers.sql(
    `do $$ begin if not exists (select from pg_roles where rolname = '${role}') then
       create role ${role} login password '${role}' in role herald_${service} ${fenced ? '' : 'bypassrls'}; end if; end $$`,
  );
  const url = new URL(databaseUrl);
  [url.username, url.password] = [role, role];
  return url.href;
}
