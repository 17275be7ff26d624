import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics } from 'prom-client';
import { limitConnections, PRIVATE_CONNECTIONS, PRIVATE_SERVER } from '../connections.js';
import { localHost } from '../networks.js';
import { pathOf } from '../request-target.js';
import { registry } from './registry.js';

/**
 * Serves `GET /metrics` on a port for Prometheus alone: the figures are private, and a scrape works while the service's
 * other connections are exhausted.
 * @returns its URL
 */
export async function serveMetrics(port: number, host: string): Promise<string> {
  collectDefaultMetrics({ register: registry });
  let pending: Promise<string> | undefined;
  // Concurrent scrapes share one result, because some figures are looked up in servers.
  const figures = () =>
    (pending ??= registry.metrics().finally(() => {
      pending = undefined;
    }));
  const { http, connectionTimeout, ...timeouts } = PRIVATE_SERVER;
  const server = createServer({ ...timeouts, ...http }, (request, response) => {
    if (pathOf(request.url ?? '') !== '/metrics' || request.method !== 'GET') return void response.writeHead(404).end();
    figures().then(
      (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.setTimeout(connectionTimeout);
  limitConnections(server, PRIVATE_CONNECTIONS);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: listeningPort } = server.address() as AddressInfo;
  return `http://${localHost(host)}:${listeningPort}/metrics`;
}
