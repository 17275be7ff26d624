/** The merchant-answers slice: an answer through Herald beside a bare BullMQ job with a reply over pub/sub. */
import { fileURLToPath } from 'node:url';
import { runPlan, startService } from '../processes.mjs';
import { Report } from '../report.mjs';
import { makeNotifications } from './notifications.mjs';

const FULL = { warmUpSeconds: 10, rounds: 3, seconds: 6 };
const QUICK = { warmUpSeconds: 2, rounds: 1, seconds: 3 };
const CALLERS = [1, 16, 64];
/** More than anybody answers in a second here. */
const MAX_ANSWERS_PER_SECOND = 8000;

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
  const systems = {
    herald: async (callers, time) => {
      const ids = await makeNotifications(servers, Math.ceil(time * Math.min(MAX_ANSWERS_PER_SECOND, callers * 1000)));
      const token = herald.demo.companies[0].merchants[0].jwt;
      return runPlan(here('answers.mjs'), { url: herald.demo.gateway, token, ids, callers, seconds: time });
    },
    bare: (callers, time) => runPlan(here('bare-callers.mjs'), { ...env, callers, seconds: time }),
  };

  const report = new Report(figures, Object.keys(systems));
  for (const [name, run] of Object.entries(systems)) {
    log(`warming up ${name}`);
    await run(64, warmUpSeconds);
  }
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
