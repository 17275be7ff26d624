/**
 * Measures each door's cost: gateways that lack one, beside one that has all, with the same load and servers. With
 * HERALD_BASE=<folder> the build in another checkout takes part, on servers of its own, such as one of an earlier commit.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DeliveryFigures } from '../delivery/figures.mjs';
import { heraldSystem } from '../delivery/systems.mjs';
import { startOwn } from '../own-services.mjs';
import { markdown, Report } from '../report.mjs';
import { Servers } from '../servers.mjs';
import { median } from '../stats.mjs';
import { startHerald } from '../up.mjs';

const FULL = { warmUpSeconds: 20, rounds: 5, seconds: 8 };
const QUICK = { warmUpSeconds: 2, rounds: 1, seconds: 3 };

const require = createRequire(import.meta.url);
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const { Database, insertCredential, tokenOf } = require(here('../../../dist/libs/database/src/index.js'));

const ALL = 'all doors';
const UNLIMITED = 'all, a credential without limits';
const BASE = 'base, a credential without limits';
const GATEWAYS = [
  { name: ALL, limited: true },
  { name: UNLIMITED, limited: false },
  { name: 'without security headers', limited: true, preload: here('without-headers.cjs') },
  { name: 'without the cap on requests in work', limited: true, preload: here('without-cap.cjs') },
  { name: 'without login', limited: true, preload: here('without-login.cjs') },
  { name: 'without checks of the body', limited: true, preload: here('without-checks.cjs') },
  { name: 'without any of these, nor limits', limited: false, preload: here('without-any.cjs') },
];

const CONDITIONS =
  'Messages sent one by one over 64 connections; the credential has limits that it does not reach, unless it says otherwise. ' +
  'Medians of the rounds. CPU is of the gateway alone.';

export async function doorsBench({ herald, servers, quick, log, dataFolder }) {
  const { warmUpSeconds, rounds, seconds } = quick ? QUICK : FULL;
  const take = new DeliveryFigures(servers);
  const system = heraldSystem(herald);
  const { databaseUrl } = servers;
  const limitedToken = await aLimitedToken(servers, herald.demo.companies[0].id);
  const systems = [];
  for (const { name, limited, preload } of GATEWAYS) {
    // Its jobs are for the workers of `herald`.
    const env = { QUEUE_SECRET: herald.queueSecret };
    const { address, pid } = await startOwn(servers, 'gateway', { name: 'herald', databaseUrl, env, preload });
    const token = limited ? limitedToken : system.token;
    systems.push({ ...system, name, url: `${address}/v1/feed/ai`, token, pids: [pid], take });
  }
  if (process.env.HERALD_BASE) systems.push(await baseSystem(dataFolder, process.env.HERALD_BASE));

  const taken = new Map(systems.map(({ name }) => [name, []]));
  for (const each of systems) {
    log(`warming up ${each.name}`);
    await each.take.sustained(each, warmUpSeconds);
  }
  for (let round = 0; round < rounds; round++) {
    log(`doors, round ${round + 1} of ${rounds}`);
    for (const each of round % 2 ? [...systems].reverse() : systems) {
      taken.get(each.name).push(await each.take.sustained(each, seconds));
    }
  }
  for (const each of new Set(systems.map((one) => one.take))) await each.close();
  return [CONDITIONS, table(taken), ...verdict(taken)];
}

/** It is counted like any other, and never refused. */
async function aLimitedToken(servers, companyId) {
  const parts = { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('hex') };
  const limits = { limitPerMinute: 1_000_000_000, limitPerHour: 1_000_000_000 };
  const database = new Database({ url: servers.databaseUrl, applicationName: 'bench-accounts', poolSize: 1 });
  await insertCredential(database, parts, { companyId, name: 'bench', scopes: ['delivery:send'], ...limits });
  await database.close();
  return tokenOf(parts, 'bench');
}

async function baseSystem(dataFolder, checkout) {
  const folder = `${dataFolder}/base`;
  mkdirSync(folder, { mode: 0o711 });
  const herald = await startHerald(folder, checkout);
  const servers = await new Servers(herald.demo).open();
  return {
    ...heraldSystem(herald),
    name: BASE,
    pids: [herald.pidOf('gateway')],
    take: new DeliveryFigures(servers),
  };
}

const of = (taken, name, key) => median(taken.get(name).map((figures) => figures[key]));

function table(taken) {
  const rows = [...taken.keys()].map((name) => {
    const [accepted, cpu] = [of(taken, name, 'acceptedPerSecond'), of(taken, name, 'cpuOwn')];
    return [
      name,
      accepted.toFixed(0),
      (of(taken, ALL, 'acceptedPerSecond') / accepted).toFixed(2),
      (cpu * 1000).toFixed(0),
      (of(taken, ALL, 'cpuOwn') / cpu).toFixed(2),
      of(taken, name, 'acceptP99Ms').toFixed(0),
    ];
  });
  return markdown(['', 'accepted/s', `${ALL} / this`, 'CPU µs a message', `${ALL} / this`, 'p99, ms'], rows);
}

/** The accept bench sends with a credential without limits: the same is compared. */
function verdict(taken) {
  if (!taken.has(BASE)) return [];
  const ratio = of(taken, UNLIMITED, 'acceptedPerSecond') / of(taken, BASE, 'acceptedPerSecond');
  return [Report.targets([{ says: 'accept rate ≥ 0.75x base', value: ratio, reached: (value) => value >= 0.75 }])];
}
