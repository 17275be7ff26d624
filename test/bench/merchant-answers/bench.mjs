/** The merchant-answers slice: an answer through Herald beside a bare BullMQ job with a reply over pub/sub. */
import { fileURLToPath } from 'node:url';
import { runPlan, startService } from '../processes.mjs';
import { Report } from '../report.mjs';
import { makeNotifications } from './notifications.mjs';

const FULL = { warmUpSeconds: 10, rounds: 5, seconds: 4 };
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
  const env = { REDIS_URL: servers.redisUrl, QUEUE_PREFIX: '{bench:bare}' };
  await startService(here('bare-worker.mjs'), [], env);
  const token = herald.demo.companies[0].merchants[0].jwt;
  let open = await makeNotifications(servers, warmUpSeconds * MAX_PER_SECOND);
  const systems = {
    herald: async (callers, time) => {
      const outcome = await runPlan(here('answers.mjs'), {
        url: herald.demo.gateway,
        token,
        open,
        callers,
        seconds: time,
      });
      open.first += outcome.made;
      return outcome;
    },
    bare: (callers, time) => runPlan(here('bare-callers.mjs'), { ...env, callers, seconds: time }),
  };

  const report = new Report(figures, Object.keys(systems));
  log('warming up');
  const { perSecond: most } = await systems.herald(64, warmUpSeconds);
  await systems.bare(64, warmUpSeconds);
  // Made before anything is measured, and written: the disk would be busy with them.
  open = await makeNotifications(servers, Math.ceil(2 * most * seconds * rounds * CALLERS.length));
  await servers.sql('checkpoint');
  for (let round = 1; round <= rounds; round++) {
    for (const callers of CALLERS) {
      log(`round ${round} of ${rounds}: ${callers} callers`);
      const inTurn = Object.entries(systems);
      if (round % 2 === 0) inTurn.reverse();
      for (const [name, run] of inTurn) {
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
