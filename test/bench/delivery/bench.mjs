/** The delivery slice: Herald, the floor and the guide, with the same payload, connections and servers. */
import { Report } from '../report.mjs';
import { DeliveryFigures } from './figures.mjs';
import { floorSystem, guideSystem, heraldSystem, noopSystem } from './systems.mjs';

const FULL = { warmUpSeconds: 20, rounds: 3, loadSeconds: 10, openLoopSeconds: 6, jobs: 20_000 };
const QUICK = { warmUpSeconds: 2, rounds: 1, loadSeconds: 3, openLoopSeconds: 3, jobs: 4_000 };

const CONDITIONS =
  'The same for all: 64 connections, at most 10 Postgres connections per process, NODE_ENV=production, no Node flags. ' +
  'CPU is of the accepting process and the worker, for the run at 64 connections.';

const figures = [
  { key: 'acceptedPerSecond', title: 'accepted at 64 connections, messages/s', digits: 0 },
  { key: 'acceptP50Ms', title: '… p50, ms', digits: 1 },
  { key: 'acceptP99Ms', title: '… p99, ms', digits: 1 },
  { key: 'sustainedPerSecond', title: 'accepted and delivered, messages/s', digits: 0 },
  { key: 'drainedPerSecond', title: 'waiting single-message jobs drained, jobs/s', digits: 0 },
  { key: 'p50At200', title: 'sent to visible at 200/s, p50, ms', digits: 1 },
  { key: 'p99At200', title: '… p99, ms', digits: 1 },
  { key: 'p50At1000', title: 'sent to visible at 1,000/s, p50, ms', digits: 1 },
  { key: 'p99At1000', title: '… p99, ms', digits: 1 },
  { key: 'cpuOwn', title: 'CPU seconds per 1,000 messages, own', digits: 3 },
  { key: 'cpuRedis', title: '… of Redis', digits: 3 },
  { key: 'cpuPostgres', title: '… of Postgres', digits: 3 },
  { key: 'cpuClient', title: '… of the load client, not counted', digits: 3, compared: false },
  { key: 'memoryMiB', title: 'resident memory under load, MiB', digits: 0 },
  { key: 'othersCores', title: 'cores used by anything else meanwhile', digits: 2, compared: false },
];

export async function deliveryBench({ herald, servers, quick, log }) {
  const { warmUpSeconds, rounds, loadSeconds, openLoopSeconds, jobs } = quick ? QUICK : FULL;
  const take = new DeliveryFigures(servers);
  const compared = [heraldSystem(herald), await floorSystem(servers), await guideSystem(servers)];
  const noop = await noopSystem(servers);
  const drained = [...compared.filter(({ directJob }) => directJob), noop];

  for (const system of compared) {
    log(`warming up ${system.name}`);
    await take.sustained(system, warmUpSeconds);
  }
  for (const system of drained) await take.drain(system, jobs / 4);
  for (const system of compared) {
    const share = await take.idleShare(system, 2);
    log(`${system.name}, idle, uses ${(share * 100).toFixed(1)}% of a core`);
  }

  const report = new Report(
    figures,
    [...compared, noop].map(({ name }) => name),
  );
  for (let round = 1; round <= rounds; round++) {
    const inTurn = rotate(compared, round - 1);
    log(`round ${round} of ${rounds}: 64 connections`);
    for (const system of inTurn) report.add(system.name, await take.sustained(system, loadSeconds));
    for (const perSecond of [200, 1000]) {
      log(`round ${round} of ${rounds}: ${perSecond} messages/s`);
      for (const system of inTurn) report.add(system.name, await take.endToEnd(system, perSecond, openLoopSeconds));
    }
    log(`round ${round} of ${rounds}: drain of ${jobs.toLocaleString('en')} jobs`);
    for (const system of rotate(drained, round - 1)) report.add(system.name, await take.drain(system, jobs));
  }
  await take.close();
  return [CONDITIONS, report.table(), Report.targets(targetsOf(report))];
}

/** Each round begins with another system, so that none is always the first after a pause. */
const rotate = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];

function targetsOf(report) {
  const atLeast = (bound) => (value) => value >= bound;
  const atMost = (bound) => (value) => value <= bound;
  const ratio = (says, key, other, reached) => ({ says, value: report.ratio(key, other), reached });
  return [
    ratio('accept rate ≥ 5x guide', 'acceptedPerSecond', 'guide', atLeast(5)),
    ratio('accept rate ≥ 0.60x floor', 'acceptedPerSecond', 'floor', atLeast(0.6)),
    ratio('accepted and delivered ≥ 5x guide', 'sustainedPerSecond', 'guide', atLeast(5)),
    ratio('accepted and delivered ≥ 0.60x floor', 'sustainedPerSecond', 'floor', atLeast(0.6)),
    ratio('drain ≥ 0.5x no-op', 'drainedPerSecond', 'no-op', atLeast(0.5)),
    ratio('own CPU ≤ 0.25x guide', 'cpuOwn', 'guide', atMost(0.25)),
    ratio('p99 at 200/s ≤ 0.8x guide', 'p99At200', 'guide', atMost(0.8)),
    { says: 'p99 at 1,000/s ≤ 60 ms', value: report.median('herald', 'p99At1000'), reached: atMost(60) },
    ratio('the floor is one: Herald < 1x floor', 'sustainedPerSecond', 'floor', (value) => value < 1),
  ];
}
