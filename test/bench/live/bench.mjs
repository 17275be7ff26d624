/**
 * How soon people see a message, by streams and by asking every second; what streams cost in memory; and what being ready
 * for them costs when nobody listens. With HERALD_BASE=<folder> the build in another checkout is compared with, on
 * servers of its own.
 */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DeliveryFigures } from '../delivery/figures.mjs';
import { heraldSystem } from '../delivery/systems.mjs';
import { cpuSeconds, residentMiB } from '../proc.mjs';
import { start, untilReady } from '../processes.mjs';
import { markdown, Report } from '../report.mjs';
import { Servers } from '../servers.mjs';
import { median, percentile } from '../stats.mjs';
import { startHerald } from '../up.mjs';

const { sign } = createRequire(import.meta.url)('jsonwebtoken');

const FULL = { rounds: 3, seconds: 20, idle: 5000, warmUpSeconds: 20, loadRounds: 8, loadSeconds: 5 };
const QUICK = { rounds: 1, seconds: 5, idle: 500, warmUpSeconds: 2, loadRounds: 1, loadSeconds: 3 };
const PER_SECOND = 50;
const WAYS = [
  { name: 'a stream', how: 'stream', people: 1 },
  { name: 'asking every second', how: 'ask', people: 1 },
  { name: '1,000 streams', how: 'stream', people: 1000 },
  { name: '1,000 asking every second', how: 'ask', people: 1000 },
];
const OF_ONE_PERSON = 10;
const SETTLE_MS = 10_000;

const CONDITIONS =
  `${PER_SECOND} messages a second, each to one of the people; from the start of the worker's transaction to the client, ` +
  'on one machine. CPU is of the gateway, for all it did meanwhile. Medians of the rounds.';

export async function liveBench({ herald, servers, quick, log, dataFolder }) {
  const plan = quick ? QUICK : FULL;
  const system = heraldSystem(herald);
  const listeners = new Listeners(herald, servers, system.token);
  log(`${plan.idle} idle streams`);
  const idle = await listeners.idle(plan.idle);
  const ready = await readiness(plan, { herald, servers, log, dataFolder });
  const seen = new Map(WAYS.map(({ name }) => [name, []]));
  for (let round = 1; round <= plan.rounds; round++) {
    for (const way of WAYS) {
      log(`live, round ${round} of ${plan.rounds}: ${way.name}`);
      seen.get(way.name).push(await listeners.see(way, plan.seconds));
    }
  }
  return [CONDITIONS, delays(seen), idleTable(plan.idle, idle), ...ready];
}

class Listeners {
  constructor(herald, servers, token) {
    this.herald = herald;
    this.servers = servers;
    this.token = token;
    this.pid = herald.pidOf('gateway');
  }

  people(count, each = 1) {
    const { jwt, companies } = this.herald.demo;
    const { issuer, userAudience: audience, algorithm, secret } = jwt;
    return Array.from({ length: count }, (_, n) => {
      const login = `live-${Math.floor(n / each)}`;
      const claims = { sub: login, company_id: companies[0].id };
      return { login, jwt: sign(claims, secret, { algorithm, issuer, audience, expiresIn: '1h' }) };
    });
  }

  listen(how, people, perSecond, seconds) {
    const script = fileURLToPath(new URL('listen.mjs', import.meta.url));
    const plan = { url: this.herald.demo.gateway, token: this.token, how, people, perSecond, seconds };
    return start(script, [], {}, JSON.stringify(plan));
  }

  /** Delays of the messages in milliseconds, and the gateway's CPU. */
  async see({ how, people }, seconds) {
    const running = this.listen(how, this.people(people), PER_SECOND, seconds);
    await untilReady(running, () => running.lastLines.includes('ready'), 120_000);
    const before = cpuSeconds([this.pid]);
    await running.end;
    const cpu = cpuSeconds([this.pid]) - before;
    const sightings = JSON.parse(running.lastLines.at(-1));
    const rows = await this.servers.sql(
      `select id, extract(epoch from delivered_at) * 1000 as at from feed_messages where id = any($1::uuid[])`,
      [sightings.map(([id]) => id)],
    );
    const written = new Map(rows.map(({ id, at }) => [id, Number(at)]));
    const delays = sightings.map(([id, at]) => (at === null ? Infinity : at - written.get(id)));
    return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99), cpu: (cpu / seconds) * 1000 };
  }

  /** Memory of the gateway before and with streams to which nothing comes. */
  async idle(count) {
    await sleep(SETTLE_MS);
    const before = residentMiB([this.pid]);
    const running = this.listen('stream', this.people(count, OF_ONE_PERSON), 0, (SETTLE_MS * 2) / 1000);
    await untilReady(running, () => running.lastLines.includes('ready'), 120_000);
    await sleep(SETTLE_MS);
    const cpuBefore = cpuSeconds([this.pid]);
    await sleep(SETTLE_MS / 2);
    const cpu = ((cpuSeconds([this.pid]) - cpuBefore) / (SETTLE_MS / 2)) * 1e6;
    const during = residentMiB([this.pid]);
    await running.end;
    return { before, during, cpu };
  }
}

const of = (seen, name, key) => median(seen.get(name).map((figures) => figures[key]));

function delays(seen) {
  const rows = WAYS.map(({ name }) => [
    name,
    of(seen, name, 'p50').toFixed(0),
    of(seen, name, 'p99').toFixed(0),
    of(seen, name, 'cpu').toFixed(0),
  ]);
  return markdown(['', 'seen after, p50, ms', 'p99, ms', 'CPU of the gateway, ms a second'], rows);
}

const idleTable = (count, { before, during, cpu }) =>
  markdown(
    [`${count.toLocaleString('en')} idle streams`, 'MiB before', 'MiB with them', 'more', 'CPU, ms a second'],
    [['gateway', before.toFixed(0), during.toFixed(0), (during - before).toFixed(0), cpu.toFixed(1)]],
  );

/** Accepting and delivering while nobody listens, beside a build of before. */
async function readiness(plan, { herald, servers, log, dataFolder }) {
  if (!process.env.HERALD_BASE) return [];
  const folder = `${dataFolder}/live-base`;
  mkdirSync(folder, { mode: 0o711 });
  const base = await startHerald(folder, process.env.HERALD_BASE);
  const ours = { ...heraldSystem(herald), name: 'now', take: new DeliveryFigures(servers) };
  const theirs = {
    ...heraldSystem(base),
    name: 'base',
    take: new DeliveryFigures(await new Servers(base.demo).open()),
  };
  for (const system of [ours, theirs]) await system.take.sustained(system, plan.warmUpSeconds);
  const report = new Report(
    [
      { key: 'acceptedPerSecond', title: 'accepted at 64 connections, messages/s', digits: 0 },
      { key: 'sustainedPerSecond', title: 'accepted and delivered, messages/s', digits: 0 },
      { key: 'cpuOwn', title: 'CPU seconds per 1,000 messages, own', digits: 3 },
      { key: 'cpuPostgres', title: '… of Postgres', digits: 3 },
    ],
    ['now', 'base'],
  );
  for (let round = 1; round <= plan.loadRounds; round++) {
    log(`nobody listens, round ${round} of ${plan.loadRounds}`);
    for (const system of round % 2 ? [ours, theirs] : [theirs, ours]) {
      report.add(system.name, await system.take.sustained(system, plan.loadSeconds));
    }
  }
  for (const { take } of [ours, theirs]) await take.close();
  const atLeast = (bound) => (value) => value >= bound;
  return [
    report.table(),
    Report.targets([
      { says: 'accepted ≥ 0.97x base', value: report.ratio('acceptedPerSecond', 'base'), reached: atLeast(0.97) },
      { says: 'sustained ≥ 0.97x base', value: report.ratio('sustainedPerSecond', 'base'), reached: atLeast(0.97) },
    ]),
  ];
}
