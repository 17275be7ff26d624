/**
 * A process of its own: messages arrive at `perSecond` whether or not the system keeps up (exponential gaps), and
 * each is timed from the moment it was due until its row can be read by another connection of Postgres. The look is
 * repeated every 2 ms, which adds 1 to 3 ms to every system alike.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection, requestBytes } from './http-connection.mjs';
import { percentile } from './stats.mjs';

const POLL_MS = 2;
/** Bounds what a look costs Postgres when a system has fallen behind. */
const IDS_PER_LOOK = 500;

const plan = JSON.parse(readFileSync(0, 'utf8'));
const { url, token, bodies, connections, perSecond, seconds, databaseUrl, visibleSql, drainSeconds } = plan;
const requests = bodies.map((body) => requestBytes({ url, token, body }));
const idle = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(url)));
const database = new pg.Client({ connectionString: databaseUrl });
await database.connect();

const waiting = [];
const invisible = new Map();
const latenciesMs = [];
const refused = {};
const open = [...idle];
let inFlight = 0;
let sent = 0;

async function sendWaiting(connection) {
  inFlight++;
  while (waiting.length > 0) {
    const dueAt = waiting.shift();
    const { status, body } = await connection.send(requests[sent++ % requests.length]);
    if (status === 202) invisible.set(JSON.parse(body).correlationId, dueAt);
    else refused[status] = (refused[status] ?? 0) + 1;
  }
  inFlight--;
  idle.push(connection);
}

/** The gaps come from a fixed sequence, so that every system gets the same bursts. */
function* gapsMs() {
  for (let seed = 1; ;) {
    seed = (seed * 48271) % 2147483647;
    yield (-Math.log(seed / 2147483647) * 1000) / perSecond;
  }
}

async function arrive() {
  const end = performance.now() + seconds * 1000;
  let dueAt = performance.now();
  for (const gapMs of gapsMs()) {
    dueAt += gapMs;
    if (dueAt > end) return;
    while (dueAt > performance.now()) await sleep(1);
    waiting.push(dueAt);
    if (idle.length > 0) void sendWaiting(idle.pop());
  }
}

let arriving = true;
async function watch() {
  let deadline = Infinity;
  while (arriving || inFlight > 0 || invisible.size > 0) {
    if (!arriving && deadline === Infinity) deadline = performance.now() + drainSeconds * 1000;
    if (performance.now() > deadline) throw new Error(`${invisible.size} messages were not delivered in time`);
    await sleep(POLL_MS);
    if (invisible.size === 0) continue;
    const ids = [];
    for (const id of invisible.keys()) if (ids.push(id) === IDS_PER_LOOK) break;
    const { rows } = await database.query({ name: 'visible', text: visibleSql, values: [ids] });
    const seenAt = performance.now();
    for (const { id } of rows) {
      latenciesMs.push(seenAt - invisible.get(id));
      invisible.delete(id);
    }
  }
}

await Promise.all([arrive().then(() => (arriving = false)), watch()]);
for (const connection of open) connection.close();
await database.end();
console.log(
  JSON.stringify({
    delivered: latenciesMs.length,
    refused,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }),
);
