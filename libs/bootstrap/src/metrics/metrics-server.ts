import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics } from 'prom-client';
import { boundConnections, PRIVATE_CONNECTIONS, PRIVATE_SERVER } from '../connections.js';
import { localHost } from '../networks.js';
import { pathOf } from '../request-target.js';
import { registry } from './registry.js';

/**
 * Serves `GET /metrics` on a port that is Prometheus' alone: what a service counts is nobody else's affair, and a scrape
 * works while all other connections are taken.
 * @returns the URL of it
 */
export async function serveMetrics(port: number, host: string): Promise<string> {
  collectDefaultMetrics({ register: registry });
  let asked: Promise<string> | undefined;
  // All who ask at once get the same figures: each costs look-ups.
  const figures = () =>
    (asked ??= registry.metrics().finally(() => {
      asked = undefined;
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
  boundConnections(server, PRIVATE_CONNECTIONS);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return `http://${localHost(host)}:${taken}/metrics`;
}
