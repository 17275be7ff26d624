import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, Histogram } from 'prom-client';
import { registry } from './registry.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The 5xx of this request is documented as the client's mistake and does not count as a fault. */
    isClientMistake?: true;
    /** The response goes on for as long as the client listens, so that its time says nothing. */
    isStream?: true;
  }
}

const registers = [registry];
const requests = new Counter({
  name: 'herald_http_requests_total',
  help: 'HTTP responses sent',
  labelNames: ['route', 'method', 'status'],
  registers,
});
const faults = new Counter({
  name: 'herald_http_faults_total',
  help: 'internal errors returned',
  labelNames: ['route', 'method'],
  registers,
});
const durations = new Histogram({
  name: 'herald_http_request_duration_seconds',
  help: 'time to respond',
  labelNames: ['route', 'method'],
  buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers,
});

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Labels contain the route's template, never the path, so that clients cannot create new ones. */
function labelsOf({ is404, routeOptions, method }: FastifyRequest) {
  return {
    route: (!is404 && routeOptions.url) || 'unknown',
    method: METHODS.has(method) ? method : 'other',
  };
}

/** Counts and times every response of a service. */
export function measureHttp(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    const labels = labelsOf(request);
    requests.inc({ ...labels, status: reply.statusCode });
    if (!request.isStream) durations.observe(labels, reply.elapsedTime / 1000);
    if (reply.statusCode >= 500 && !request.isClientMistake) faults.inc(labels);
    done();
  });
}
