/**
 * `npm run test:faults -- [--seed N] [--seeds COUNT | --minutes M] [--only NAME]`: starts servers and services of its own,
 * breaks them, and proves the promises. Prints tables, and in the last line how many checks passed and failed. With
 * `--seeds` or `--minutes` it is the long form: more faults, and outages as long as the promises have them.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { against, type Mutant, MUTANTS } from './mutants.js';
import { type Proof, promisesChecks, promisesTable } from './promises.js';
import { type Check, Report, say, table } from './report.js';
import { play } from './scenarios/play.js';
import { type Scenario, Stage } from './scenarios/scenario.js';
import { SCENARIOS } from './scenarios/scenarios.js';
import type { Breakable } from './breakable.js';
import { Folder, postgresIn } from './servers.js';
import { storm, type StormResult } from './storm/storm.js';
import { checksOf, findingsTable, hitsTable, seedsTable } from './storm/storm-report.js';
import { World } from './world.js';

const SHORT = { faults: 9, operations: 1500 };
const LONG = { faults: 20, operations: 10_000 };
/** Scenarios that run at once; more would measure the machine. */
const ABREAST = 2;
/** A broken build never does what it has not done by then. */
const MUTANT_PATIENCE_MS = 12_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '0' },
    only: { type: 'string' },
  },
});
const [seeds, minutes] = [Number(values.seeds), Number(values.minutes)];
const long = seeds > 0 || minutes > 0;
const chosen = ({ name, part }: { name: string; part?: string }) =>
  !values.only || `${part} ${name}`.toLowerCase().includes(values.only.toLowerCase());

async function main(): Promise<boolean> {
  const report = new Report();
  const proofs: Proof[] = [];
  if (chosen({ name: 'storm' })) proofs.push(await storms(report));
  await onSharedPostgres(async (postgres) => {
    // Together: beside the last scenarios the first broken builds are played.
    const all: (Scenario | Mutant)[] = [...SCENARIOS, ...MUTANTS];
    const played = await play(all.filter(chosen), (scenario) => stageOf(scenario, postgres), ABREAST);
    proofs.push(...scenarios(report, played), mutants(report, played));
  });
  if (!values.only) report.add('The promises', promisesTable(proofs), promisesChecks(proofs));
  return report.sum();
}

/** As many as were asked for, and as fit into the time, each with a seed of its own. */
async function storms(report: Report): Promise<Proof> {
  const until = performance.now() + minutes * 60_000;
  const results: StormResult[] = [];
  do results.push(await storm({ seed: Number(values.seed) + results.length, ...(long ? LONG : SHORT) }));
  while (results.length < seeds || performance.now() < until);
  const checks = results.flatMap(checksOf);
  const tables = [seedsTable(results), findingsTable(results), hitsTable(results)];
  report.add('Faults at random', tables.join('\n\n'), checks);
  return { name: 'faults at random', proves: [1, 2, 16, 17, 22, 25], holds: allHold(checks) };
}

interface Played {
  scenario: Scenario | Mutant;
  stage: Stage;
}

const isMutant = (scenario: Scenario | Mutant): scenario is Mutant => 'caughtBy' in scenario;

const stageOf = (scenario: Scenario | Mutant, postgres: Breakable): Stage =>
  isMutant(scenario) ? new Stage(postgres, false, MUTANT_PATIENCE_MS) : new Stage(postgres, long);

function scenarios(report: Report, all: Played[]): Proof[] {
  const played = all.filter(({ scenario }) => !isMutant(scenario));
  const rows = played.flatMap(({ scenario, stage }) =>
    stage.figures.map(({ what, found, wanted, good }) => [
      scenario.proves.join(', '),
      `${scenario.name}: ${what}`,
      found,
      wanted,
      good ? 'holds' : 'FAILED',
    ]),
  );
  const text = table(['promise', 'what', 'found', 'wanted', ''], rows);
  report.add(
    'Faults on purpose',
    text,
    played.flatMap(({ scenario, stage }) => stage.checks(scenario.name)),
  );
  return played
    .filter(({ stage }) => !stage.skipped)
    .map(({ scenario: { name, proves }, stage }) => ({ name, proves, holds: allHold(stage.checks(name)) }));
}

/** A check that cannot fail proves nothing: each broken build must be caught. */
function mutants(report: Report, all: Played[]): Proof {
  const judged = all.flatMap(({ scenario, stage }) => {
    if (!isMutant(scenario)) return [];
    const caught = against(stage).find((line) => scenario.caughtBy.test(line));
    return [{ name: `a build that ${scenario.name}`, caught, against: against(stage) }];
  });
  const text = table(
    ['broken build', 'caught by'],
    judged.map(({ name, caught }) => [name, caught ?? 'NOTHING']),
  );
  const checks = judged.map(({ name, caught, against: lines }) => ({
    name: `${name} is caught`,
    faults: caught ? [] : ['it was not; found was', ...lines],
  }));
  report.add('Broken builds', text, checks);
  return { name: 'broken builds', proves: [3], holds: allHold(checks) };
}

const allHold = (checks: Check[]) => checks.every(({ faults }) => faults.length === 0);

async function onSharedPostgres(work: (postgres: Breakable) => Promise<void>): Promise<void> {
  const folder = await Folder.make();
  const postgres = await postgresIn(join(folder.path, 'postgres'));
  try {
    await work(postgres);
  } finally {
    await postgres.stop();
    await folder.remove();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping');
    setTimeout(() => process.exit(130), 30_000);
    void World.endAll().finally(() => process.exit(130));
  });
}

main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
