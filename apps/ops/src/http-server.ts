import { QueueWatch } from '@herald/queue';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { mountBoards } from './board/boards.js';
import { readForms } from './form.js';
import type { OpsEnv } from './ops.env.js';

const MAX_BODY_BYTES = 1024 * 1024;
/** Links to the messages of a job carry their ids. */
const MAX_HEAD_BYTES = 32 * 1024;

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // A page of ours must be told as such when it changes something; other sites are told nothing.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Fastify as ops wants it: every answer carries the headers that fence its pages in. */
export function createHttpAdapter({ TRUSTED_PROXIES }: OpsEnv): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    http: { maxHeaderSize: MAX_HEAD_BYTES },
    forceCloseConnections: 'idle',
    trustProxy: TRUSTED_PROXIES,
    routerOptions: { ignoreTrailingSlash: true },
  });
  adapter.getInstance().addHook('onRequest', async (_request, reply) => {
    void reply.headers(HEADERS);
  });
  return adapter;
}

export async function prepareHttp(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  readForms(server);
  await mountBoards(server, app.get(QueueWatch));
}
