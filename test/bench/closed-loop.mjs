/**
 * A process of its own: `connections` clients, each sending its next request when the last one was answered.
 * Reads its plan as JSON, prints its result as JSON.
 */
import { readFileSync } from 'node:fs';
import { HttpConnection, requestBytes } from './http-connection.mjs';
import { percentile } from './stats.mjs';

const { url, token, bodies, connections, seconds } = JSON.parse(readFileSync(0, 'utf8'));
const requests = bodies.map((body) => requestBytes({ url, token, body }));
const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(url)));

const latenciesMs = [];
const refused = {};
let next = 0;

async function sendUntil(connection, end) {
  while (performance.now() < end) {
    const sentAt = performance.now();
    const { status } = await connection.send(requests[next++ % requests.length]);
    if (status === 202) latenciesMs.push(performance.now() - sentAt);
    else refused[status] = (refused[status] ?? 0) + 1;
  }
}

const start = performance.now();
await Promise.all(open.map((connection) => sendUntil(connection, start + seconds * 1000)));
const elapsedSeconds = (performance.now() - start) / 1000;
for (const connection of open) connection.close();

const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    accepted: latenciesMs.length,
    refused,
    startedAt: performance.timeOrigin + start,
    elapsedSeconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    clientCpuSeconds: (user + system) / 1e6,
  }),
);
