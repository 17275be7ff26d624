/** Half of what Herald sustains, for long: what every process, Redis and the tables hold must stay as it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeNotifications } from '../merchant-answers/notifications.mjs';
import { runPlan } from '../processes.mjs';
import { markdown, Report } from '../report.mjs';
import { median } from '../stats.mjs';
import { plot } from './plot.mjs';
import { sampler } from './samples.mjs';

const MINUTES = Number(process.env.HERALD_SOAK_MINUTES ?? 30);
const PLOT = process.env.HERALD_SOAK_PLOT ?? 'soak.svg';
const SAMPLES = 120;
const RECIPIENTS = 1000;
const ANSWERS_IN = 20;
/** This share of the run is the warm-up: caches and pools fill, and Node's heap finds its size. */
const WARM_UP = 0.3;
const MOST_GROWTH = 1.1;
/** Less than this is the noise of a small process. */
const FEW_MIB = 8;

const load = fileURLToPath(new URL('load.mjs', import.meta.url));

export async function soakBench({ herald, servers, quick, log }) {
  const seconds = (quick ? 2 : MINUTES) * 60;
  const { gateway, companies } = herald.demo;
  const [{ unlimitedAccessToken: token, merchants }] = companies;
  const run = async (plan, most) => {
    const { first } = await makeNotifications(servers, Math.ceil(most / ANSWERS_IN));
    const merchant = { jwt: merchants[0].jwt, conversation: merchants[0].conversationIds[0], open: first };
    return runPlan(load, { gateway, token, merchant, recipients: RECIPIENTS, ...plan });
  };

  log('finding out what it sustains');
  await run({ seconds: quick ? 5 : 20 }, 400_000);
  const startedAt = performance.now();
  const { sent } = await run({ seconds: quick ? 5 : 30 }, 600_000);
  await drained(servers);
  const sustained = sent / ((performance.now() - startedAt) / 1000);
  const perSecond = Math.round(sustained / 2);

  log(`${Math.round(sustained)}/s sustained; ${perSecond}/s for ${seconds / 60} minutes`);
  const samples = [];
  const sample = sampler({ herald, servers });
  let over = false;
  const loading = run({ perSecond, seconds }, perSecond * seconds + 10_000).finally(() => (over = true));
  const begun = performance.now();
  for (let told = 0; !over;) {
    const atMinutes = (performance.now() - begun) / 60_000;
    samples.push({ atMinutes, figures: await sample() });
    if (atMinutes >= told + 5) log(`${(told = Math.floor(atMinutes))} minutes`);
    await Promise.race([sleep((seconds * 1000) / SAMPLES), loading]);
  }
  const { answers } = await loading;
  await drained(servers);

  const growths = growthsOf(samples, seconds / 60);
  plot(PLOT, `${perSecond} messages a second for ${seconds / 60} minutes`, panelsOf(growths), samples);
  log(`the plot is ${PLOT}`);
  return [
    tableOf(growths),
    `Answers: ${JSON.stringify(answers)}; the outbox was empty afterwards.`,
    verdict(growths, answers),
  ];
}

async function drained(servers) {
  for (;;) {
    const [{ owed }] = await servers.sql('select exists (select from outbox) as owed');
    if (!owed) return;
    await sleep(100);
  }
}

/** Compares each figure's first third after the warm-up with its last third. */
function growthsOf(samples, minutes) {
  const names = [...new Set(samples.flatMap(({ figures }) => Object.keys(figures)))];
  return names.map((name) => {
    const within = (from, to) =>
      median(
        samples
          .filter(
            ({ atMinutes, figures }) => name in figures && atMinutes >= from * minutes && atMinutes <= to * minutes,
          )
          .map(({ figures }) => figures[name]),
      );
    const third = (1 - WARM_UP) / 3;
    const [early, late] = [within(WARM_UP, WARM_UP + third), within(1 - third, 1)];
    const flat = !(late > early * MOST_GROWTH && (!name.endsWith('MiB') || late > early + FEW_MIB));
    return { name, early, late, flat };
  });
}

function panelsOf(growths) {
  const names = (matches) => growths.map(({ name }) => name).filter(matches);
  return [
    { title: 'Memory of each process', unit: 'MiB', names: names((name) => /RSS|private/.test(name)) },
    {
      title: 'Redis, and the tables whose rows pass',
      unit: 'MiB',
      names: names((name) => /data|indexes, MiB/.test(name)),
    },
    { title: 'What a row weighs that stays', unit: 'bytes', names: names((name) => name.endsWith('a row')) },
  ];
}

function tableOf(growths) {
  const shown = growths.map(({ name, early, late, flat }) => [
    name,
    early.toFixed(1),
    late.toFixed(1),
    (late / early).toFixed(2),
    flat ? '' : 'GROWS',
  ]);
  return markdown(['', 'after the warm-up', 'at the end', 'ratio', ''], shown);
}

function verdict(growths, answers) {
  const refused = Object.entries(answers).filter(([status]) => !status.startsWith('2'));
  return Report.targets([
    { says: 'figures that grew', value: growths.filter(({ flat }) => !flat).length, reached: (value) => value === 0 },
    { says: 'requests refused', value: refused.reduce((sum, [, n]) => sum + n, 0), reached: (value) => value === 0 },
  ]);
}
