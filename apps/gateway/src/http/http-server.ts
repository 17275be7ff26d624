import { randomUUID } from 'node:crypto';
import { NotFoundException } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';

const MAX_BODY_BYTES = 64 * 1024;
/** Node's own limit. */
const MAX_HEAD_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** Fastify as the gateway wants it: bounded bodies and waits, trailing slashes tolerated. */
export function createHttpAdapter(): FastifyAdapter {
  const adapter: FastifyAdapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // An id of any length is an id that nobody has: 404, as long as the request's head may be.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_HEAD_BYTES },
    genReqId: () => randomUUID(),
    // A path that the router cannot read is a path that nobody has.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      adapter.getInstance().errorHandler(new NotFoundException(), request, reply);
    },
  });
  // A route may take larger bodies than the others (RouteConfig).
  adapter.getInstance().addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as { bodyLimit?: number };
    if (bodyLimit) route.bodyLimit = bodyLimit;
  });
  return adapter;
}

/** JSON is the only kind of body that is read. */
export function prepareHttp(app: NestFastifyApplication): void {
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
}
