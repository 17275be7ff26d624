/**
 * One company floods a queue through the door; meanwhile another one sends single messages. How long those take is
 * compared with a build that feeds first come, first served.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { messages } from '../delivery/message.mjs';
import { demoIn, freshDatabase, startOwn } from '../own-services.mjs';
import { Report } from '../report.mjs';
import { percentile } from '../stats.mjs';

const FULL = { flood: 100_000, rounds: 3 };
const QUICK = { flood: 20_000, rounds: 1 };
const BATCH = 1000;
const FLOODERS = 4;
const SINGLES = 5;
const SINGLE_EVERY_MS = 1000;
const LOOK_EVERY_MS = 10;
const GIVE_UP_AFTER_MS = 600_000;
const LIMIT_MS = 2000;

const CONDITIONS = `One company sends batches of ${BATCH.toLocaleString('en')} over ${FLOODERS} connections. From the moment when a quarter of them waits, another company sends ${SINGLES} single messages, one a second.`;

const figures = [
  { key: 'aloneMs', title: 'single message, nobody floods, p50, ms', digits: 0 },
  { key: 'p50Ms', title: 'single message beside the flood, sent to visible, p50, ms', digits: 0 },
  { key: 'maxMs', title: '… the slowest, ms', digits: 0 },
  { key: 'acceptMs', title: '… of which until it was accepted, p50, ms', digits: 0 },
  { key: 'floodPerSecond', title: 'the flood, messages/s from first sent to last delivered', digits: 0 },
];

export async function fairnessBench({ servers, quick, log }) {
  const { flood, rounds } = quick ? QUICK : FULL;
  const inTurn = await system(servers, 'in turn');
  const firstCome = await system(servers, 'first come', 'first-come-first-served');
  const report = new Report(figures, [inTurn.name, firstCome.name]);
  for (const each of [inTurn, firstCome]) await measure(servers, each, flood / 10);
  for (let round = 1; round <= rounds; round++) {
    for (const each of round % 2 ? [inTurn, firstCome] : [firstCome, inTurn]) {
      log(`round ${round} of ${rounds}: a flood of ${flood.toLocaleString('en')}, ${each.name}`);
      report.add(each.name, await measure(servers, each, flood));
    }
  }
  const targets = [
    {
      says: `slowest single message in turn ≤ ${LIMIT_MS} ms`,
      value: report.median(inTurn.name, 'maxMs'),
      reached: (value) => value <= LIMIT_MS,
    },
  ];
  return [`${CONDITIONS} The flood: ${flood.toLocaleString('en')} messages.`, report.table(), Report.targets(targets)];
}

async function system(servers, name, preload) {
  const database = `bench_${name.replaceAll(' ', '_')}`;
  const databaseUrl = await freshDatabase(servers, database);
  const [flooder, other] = (await demoIn(databaseUrl)).companies;
  const file = preload && fileURLToPath(new URL(`../../broken-builds/gateway/${preload}.cjs`, import.meta.url));
  const own = { name: database, databaseUrl };
  const { address } = await startOwn(servers, 'gateway', { ...own, preload: file });
  await startOwn(servers, 'delivery', own);
  return { name, databaseUrl, address, flooder, other };
}

async function measure(servers, { address, databaseUrl, flooder, other }, flood) {
  const countOf = async (sql) => (await servers.sql(`select count(*)::int as n from ${sql}`, [], databaseUrl))[0].n;
  const until = async (holds) => {
    const deadline = performance.now() + GIVE_UP_AFTER_MS;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error('the flood was not delivered in time');
      await sleep(LOOK_EVERY_MS);
    }
  };
  const post = async (path, token, body) => {
    const response = await fetch(`${address}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    if (response.status !== 202) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const single = async () => {
    const startedAt = performance.now();
    const { correlationId } = await post('/v1/feed/ai', other.unlimitedAccessToken, JSON.stringify(messages[0]));
    const acceptedAt = performance.now();
    await until(async () => (await countOf(`feed_messages where id = '${correlationId}'`)) === 1);
    return { acceptMs: acceptedAt - startedAt, visibleMs: performance.now() - startedAt };
  };

  const alone = [];
  for (let n = 0; n < SINGLES; n++) alone.push(await single());

  const batch = JSON.stringify({ messages: Array.from({ length: BATCH }, (_, n) => messages[n % messages.length]) });
  const startedAt = performance.now();
  let batches = flood / BATCH;
  const flooders = Array.from({ length: FLOODERS }, async () => {
    while (batches-- > 0) await post('/v1/feed/ai/batch', flooder.unlimitedAccessToken, batch);
  });
  const waiting = () => countOf('(select from outbox where job_id is null limit 1000000) waiting');
  const flooded = Promise.all(flooders);
  let over = false;
  void flooded.then(() => (over = true));
  await until(async () => (await waiting()) >= flood / 4 || over);
  const singles = [];
  for (let n = 0; n < SINGLES; n++) {
    singles.push(single());
    await sleep(SINGLE_EVERY_MS);
  }
  await flooded;
  await until(async () => {
    const owed = await countOf('(select from outbox limit 1) owed');
    if (owed > 0) await sleep(100);
    return owed === 0;
  });
  const floodPerSecond = (flood / (performance.now() - startedAt)) * 1000;
  const latencies = await Promise.all(singles);
  return {
    aloneMs: percentile(visible(alone), 0.5),
    p50Ms: percentile(visible(latencies), 0.5),
    maxMs: percentile(visible(latencies), 1),
    acceptMs: percentile(
      latencies.map(({ acceptMs }) => acceptMs),
      0.5,
    ),
    floodPerSecond,
  };
}

const visible = (latencies) => latencies.map(({ visibleMs }) => visibleMs);
