/**
 * The merchant-answers slice: an answer through Herald beside the least that stores it, and a bare BullMQ job with a
 * reply over pub/sub.
 */
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { runPlan, startService } from '../processes.mjs';
import { Report } from '../report.mjs';
import { makeNotifications } from './notifications.mjs';

const FULL = { warmUpSeconds: 5, rounds: 5, seconds: 4 };
const QUICK = { warmUpSeconds: 2, rounds: 1, seconds: 3 };
const CALLERS = [1, 16, 64];
/** More than anybody answers in a second here. */
const MAX_PER_SECOND = 8000;

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

const figures = CALLERS.flatMap((callers) => [
  { key: `p50At${callers}`, title: `round trip with ${callers} callers, p50, ms`, digits: 2 },
  { key: `p99At${callers}`, title: '… p99, ms', digits: 2 },
  { key: `rateAt${callers}`, title: '… round trips/s', digits: 0 },
]);

export async function merchantAnswersBench({ herald, servers, quick, log }) {
  const { warmUpSeconds, rounds, seconds } = quick ? QUICK : FULL;
  const systems = {
    herald: heraldSystem(servers, herald.demo),
    floor: await floorSystem(servers),
    bare: await bareSystem(servers),
  };

  const report = new Report(figures, Object.keys(systems));
  log('warming up');
  for (const system of Object.values(systems)) {
    await system.prepare(CALLERS.length * warmUpSeconds * MAX_PER_SECOND);
    // One answer alone goes another way than many at once: each is warm before it is measured.
    let most;
    for (const callers of CALLERS) ({ perSecond: most } = await system.run(callers, warmUpSeconds));
    // Made before anything is measured, and written: the disk would be busy with them.
    await system.prepare(Math.ceil(2 * most * seconds * rounds * CALLERS.length));
  }
  await servers.sql('checkpoint');
  for (let round = 1; round <= rounds; round++) {
    for (const callers of CALLERS) {
      log(`round ${round} of ${rounds}: ${callers} callers`);
      const inTurn = Object.entries(systems);
      if (round % 2 === 0) inTurn.reverse();
      for (const [name, { run }] of inTurn) {
        const { p50Ms, p99Ms, perSecond } = await run(callers, seconds);
        report.add(name, { [`p50At${callers}`]: p50Ms, [`p99At${callers}`]: p99Ms, [`rateAt${callers}`]: perSecond });
      }
    }
  }
  const targets = CALLERS.map((callers) => ({
    says: `an answer at ${callers} callers ≤ 2x a bare job, p50`,
    value: report.ratio(`p50At${callers}`, 'bare'),
    reached: (value) => value <= 2,
  }));
  return [report.table(), Report.targets(targets)];
}

const heraldSystem = (servers, { gateway, companies }) =>
  answering(servers, { url: gateway, token: companies[0].merchants[0].jwt });

async function floorSystem(servers) {
  const databaseUrl = await servers.copyTables('bench_answers', ['notifications']);
  const port = String(await getPort());
  const env = { DATABASE_URL: databaseUrl, REDIS_URL: servers.redisUrl, QUEUE_PREFIX: '{bench:floor}', PORT: port };
  await startService(here('floor.mjs'), ['accept'], env);
  await startService(here('floor.mjs'), ['work'], env);
  return answering(servers, { url: `http://127.0.0.1:${port}`, databaseUrl });
}

async function bareSystem(servers) {
  const env = { REDIS_URL: servers.redisUrl, QUEUE_PREFIX: '{bench:bare}' };
  await startService(here('bare-worker.mjs'), [], env);
  return {
    prepare: () => undefined,
    run: (callers, seconds) => runPlan(here('bare-callers.mjs'), { ...env, callers, seconds }),
  };
}

/** Merchants who answer notifications that were made for it, each one once. */
function answering(servers, { url, token, databaseUrl }) {
  let open;
  return {
    prepare: async (count) => {
      open = await makeNotifications(servers, count, databaseUrl);
    },
    run: async (callers, seconds) => {
      const outcome = await runPlan(here('answers.mjs'), { url, token, open, callers, seconds });
      open.first += outcome.made;
      return outcome;
    },
  };
}
