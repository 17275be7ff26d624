import cookie from '@fastify/cookie';
import { limitConnections, inNetworks, originForm, PRIVATE_CONNECTIONS, PRIVATE_SERVER } from '@herald/bootstrap';
import { QueueWatch } from '@herald/queue';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { mountBoards } from './board/boards.js';
import { readForms } from './form.js';
import type { OpsEnv } from './ops.env.js';

const MAX_BODY_BYTES = 1024 * 1024;
/** Limit for open routes. A login sends a name, a password and the path to return to. */
const MAX_OPEN_BODY_BYTES = 16 * 1024;
/** Links to the messages of a job contain their ids. */
const MAX_HEAD_BYTES = 32 * 1024;

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // Our own pages must state their origin when they change something; other sites get no referrer.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** The same value as in the gateway. Browsers apply it over https only. */
const HSTS = 'max-age=31536000; includeSubDomains';

/** Returns the Fastify adapter of ops. Every response has the security headers. */
export function createHttpAdapter({ TRUSTED_PROXIES }: OpsEnv): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    ...PRIVATE_SERVER,
    http: { ...PRIVATE_SERVER.http, maxHeaderSize: MAX_HEAD_BYTES },
    forceCloseConnections: 'idle',
    trustProxy: inNetworks(TRUSTED_PROXIES),
    rewriteUrl: ({ url = '' }) => originForm(url),
    routerOptions: { ignoreTrailingSlash: true },
  });
  const server = adapter.getInstance();
  limitConnections(server.server, PRIVATE_CONNECTIONS);
  server.addHook('onRoute', (route) => {
    if (route.config?.open) route.bodyLimit = MAX_OPEN_BODY_BYTES;
  });
  server.addHook('onRequest', async ({ protocol }, reply) => {
    void reply.headers(HEADERS);
    if (protocol === 'https') void reply.header('Strict-Transport-Security', HSTS);
  });
  return adapter;
}

export async function prepareHttp(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  await server.register(cookie);
  await readForms(server);
  await mountBoards(server, app.get(QueueWatch));
}
