import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { limitConnections, inNetworks, originForm } from '@herald/bootstrap';
import { activeTraceparent, isTraceparent, methodNotAllowed } from '@herald/contracts';
import { NotFoundException } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { RememberedKeys } from '../idempotency/remembered-keys.js';
import type { GatewayEnv } from '../gateway.env.js';
import { watchBody } from './body-watch.js';
import { rejectUnsupported, rejectUnreadable, ignoreClosed } from './broken-requests.js';
import { handleExpectations, closeUnlessContinued } from './expectations.js';
import { showFrontPage } from './front-page.js';
import { InFlight } from './in-flight.js';
import { readJsonBodies } from './json-body.js';
import { KnownPaths } from './known-paths.js';
import { linger } from './linger.js';
import { checkHead } from './request-heads.js';
import { SECURITY_HEADERS } from './security-headers.js';

const MAX_BODY_BYTES = 64 * 1024;
/** Node's default. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Interval between checks for requests that take too long to arrive. */
const CHECK_CONNECTIONS_MS = 1000;

/** Ids that a client may give to its request; any other is replaced by a generated one. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/** Headers that pages of other origins may send and read. */
const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'Last-Event-ID',
  'X-Api-Key',
  'X-Request-Id',
  'Traceparent',
];
const EXPOSED_HEADERS = [
  'Idempotency-Expires',
  'Idempotent-Replayed',
  'Link',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Stream-Position',
  'Traceparent',
  'X-Correlation-Id',
  'X-Request-Id',
];

/** Creates the Fastify adapter, with bounded heads, bodies and timeouts. Trailing slashes are tolerated. */
export function createHttpAdapter(settings: GatewayEnv): FastifyAdapter {
  const inFlight = new InFlight({
    max: settings.MAX_IN_FLIGHT,
    sharePercent: settings.CALLER_SHARE_PERCENT,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    readsAtOnce: Math.ceil(settings.DATABASE_POOL_SIZE / 2),
  });
  const pace = { minBytesPerSecond: settings.MIN_BODY_BYTES_PER_SECOND, graceMs: settings.BODY_GRACE_MS };
  // An id of any length is only unknown (404), as long as the request's head fits.
  const routerOptions = { ignoreTrailingSlash: true, maxParamLength: MAX_HEAD_BYTES };
  const adapter: FastifyAdapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    connectionTimeout: settings.STALL_TIMEOUT_MS,
    keepAliveTimeout: settings.KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: settings.HEADERS_TIMEOUT_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
      // Its absence is refused below, with a body.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    // Requests that arrive during shutdown are served as usual, then their connections are closed.
    return503OnClosing: false,
    trustProxy: inNetworks(settings.TRUSTED_PROXIES),
    routerOptions,
    // All later code sees only the path and query, whatever form the request target has.
    rewriteUrl: ({ url = '' }) => originForm(url),
    genReqId: requestIdOf,
    // A path that the router cannot parse is an unknown path.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      identify(request, reply);
      adapter.getInstance().errorHandler(new NotFoundException(), request, reply);
    },
    clientErrorHandler: (error, socket) => rejectUnreadable(error, socket, inFlight),
  });
  const server = adapter.getInstance();
  ignoreClosed(server.server);
  limitConnections(server.server, settings.MAX_CONNECTIONS);
  rejectUnsupported(server.server);
  handleExpectations(server.server);
  const paths = new KnownPaths(routerOptions);
  server.addHook('onRoute', (route) => {
    applyBodyLimit(route);
    for (const method of [route.method].flat()) paths.add(route.url, method);
  });
  server.decorate('inFlight', inFlight);
  server.decorateRequest('slot', undefined);
  server.decorateRequest('hasRoute', false);
  server.addHook('onRequest', (request, reply, next) => {
    identify(request, reply);
    request.hasRoute = paths.serves(request);
    if (!inFlight.enter(request, reply)) return void reply.hijack();
    checkHead(request.raw);
    next();
  });
  server.addHook('onRequest', showFrontPage);
  // Handles paths that exist for other methods. Runs after the gate, so that unauthenticated clients do not learn of
  // them.
  server.addHook('preParsing', (request, reply, _body, next) => {
    const methods = !request.hasRoute && paths.methodsOf(request.url);
    if (!methods) return next();
    void reply.header('Allow', methods.join(', '));
    if (request.method === 'OPTIONS') return void reply.code(204).send();
    throw methodNotAllowed(request.method);
  });
  server.addHook('preParsing', (request, _reply, body, next) => next(null, watchBody(request, body, pace)));
  server.addHook('onSend', (request, reply, _payload, next) => {
    closeUnlessContinued(request, reply);
    linger(request, reply);
    inFlight.markReplied(request);
    next();
  });
  return adapter;
}

/** Reads JSON bodies only; allows pages of the configured origins to call. */
export function prepareHttp(app: NestFastifyApplication, { CORS_ORIGINS }: GatewayEnv): void {
  readJsonBodies(app);
  const rememberedKeys = app.get<RememberedKeys>(RememberedKeys, { strict: false });
  app.getHttpAdapter().getInstance().decorate('rememberedKeys', rememberedKeys);
  if (CORS_ORIGINS.length === 0) return;
  app.enableCors({
    origin: CORS_ORIGINS,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    strictPreflight: false,
  });
}

function requestIdOf({ headers }: { headers: IncomingHttpHeaders }): string {
  const id = headers['x-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : randomUUID();
}

/** Sets the headers that identify the request on every response. */
function identify(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
  // Without tracing the client's own trace is returned unchanged.
  const traceparent = activeTraceparent() ?? request.headers.traceparent;
  if (isTraceparent(traceparent)) void reply.header('traceparent', traceparent);
}

/** Applies a route's own body limit (RouteConfig). */
function applyBodyLimit(route: RouteOptions): void {
  const { bodyLimit } = (route.config ?? {}) as { bodyLimit?: number };
  if (bodyLimit) route.bodyLimit = bodyLimit;
}
