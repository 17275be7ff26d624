/**
 * `npm run test:faults [-- --seed N] [-- --minutes M]`: starts servers and services of its own, breaks them, and proves
 * the promises. Prints tables, and in the last line how many checks passed and failed.
 */
import { parseArgs } from 'node:util';
import { Report, say } from './report.js';
import { storm, type StormResult } from './storm/storm.js';
import { World } from './world.js';
import { checksOf, findingsTable, hitsTable } from './storm/storm-report.js';

const SHORT = { faults: 9, operations: 1500 };
const LONG = { faults: 20, operations: 10_000 };

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string' } } });
  const seed = Number(values.seed ?? 1);
  const until = performance.now() + Number(values.minutes ?? 0) * 60_000;
  const size = values.minutes ? LONG : SHORT;
  const report = new Report();
  say(`seed ${seed}`);

  const storms: StormResult[] = [];
  do storms.push(await storm({ seed: seed + storms.length, ...size }));
  while (performance.now() < until);
  const seeds = storms.map((result) => result.seed).join(', ');
  report.add(
    `Faults at random, seeds ${seeds}`,
    `${findingsTable(storms)}\n\n${hitsTable(storms)}`,
    storms.flatMap(checksOf),
  );
  return report.sum();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void World.endAll().finally(() => process.exit(130)));
}

main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
