/** A further gateway, on any database and with any module loaded before it. */
import getPort from 'get-port';
import { start, untilReady } from './processes.mjs';
import { THIS_CHECKOUT } from './up.mjs';

/** A member of the gateway's role: the same policies hold for it. */
const ROLE = 'bench_gateway';

export const JWT = {
  issuer: 'bench',
  userAudience: 'users',
  merchantAudience: 'merchants',
  algorithm: 'HS256',
  secret: 'a secret of at least 32 bytes, for benches only',
};

/** Gives its address and pid. */
export async function startGateway(servers, { databaseUrl = servers.databaseUrl, namespace, preload }) {
  await servers.sql(
    `do $$ begin if not exists (select from pg_roles where rolname = '${ROLE}') then
       create role ${ROLE} login password '${ROLE}' in role herald_gateway; end if; end $$`,
  );
  const url = new URL(databaseUrl);
  [url.username, url.password] = [ROLE, ROLE];
  const port = await getPort();
  const gateway = start(
    `${THIS_CHECKOUT}/dist/apps/gateway/src/main.js`,
    [],
    {
      DATABASE_URL: url.href,
      REDIS_URL: servers.redisUrl,
      QUEUE_NAMESPACE: namespace,
      PORT: String(port),
      LOG_LEVEL: 'error',
      JWT_ISSUER: JWT.issuer,
      JWT_USER_AUDIENCE: JWT.userAudience,
      JWT_MERCHANT_AUDIENCE: JWT.merchantAudience,
      JWT_ALGORITHM: JWT.algorithm,
      JWT_SECRET: JWT.secret,
    },
    '',
    preload ? ['--require', preload] : [],
  );
  const address = `http://127.0.0.1:${port}`;
  await untilReady(gateway, () =>
    fetch(`${address}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { address, pid: gateway.pid };
}
