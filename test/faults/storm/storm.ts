import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Finding, wrongCounters } from '../checker.js';
import { Load } from '../load/load.js';
import { Random } from '../random.js';
import { say } from '../report.js';
import { World } from '../world.js';
import { type Planned, scheduleOf } from './schedule.js';

export interface StormOptions {
  seed: number;
  faults: number;
  /** The load goes on until there were this many operations. */
  operations: number;
}

export interface StormResult {
  seed: number;
  faults: number;
  operations: number;
  findings: Finding[];
  /** The faults that found messages in the state they aimed at. */
  hits: { aim: string; strike: string }[];
  /** What breaks a promise beside the findings; empty when all is well. */
  broken: string[];
}

/** A worker's lock, and how long its event loop is blocked. */
const LOCK_MS = 1500;
const SETTINGS = {
  JOB_LOCK_MS: String(LOCK_MS),
  BLOCK_MS: String(LOCK_MS * 2.5),
  SWEEP_AFTER_MS: '1000',
  // Few enough that some always wait for their turn when workers stand still.
  PUBLISHED_LIMIT: '60',
};

/** Faults at random under load on all slices, and then the question what became of everything. */
export async function storm({ seed, faults, operations }: StormOptions): Promise<StormResult> {
  const random = new Random(seed);
  const schedule = scheduleOf(random, faults);
  const world = await World.start({
    services: { gateway: 2, delivery: 2, 'agent-actions': 2, 'merchant-answers': 2 },
    env: SETTINGS,
    postgresSettings: { max_connections: '90' },
    proxied: true,
  });
  try {
    const load = new Load(world);
    const hits: StormResult['hits'] = [];
    for (const [number, planned] of schedule.entries()) {
      const { aim, strike, pauseMs } = planned;
      const missed = await fire(planned, world, random);
      if (!missed) hits.push({ aim: aim.name, strike: strike.name });
      const line = `seed ${seed}, fault ${number + 1}/${faults}: ${strike.name} while ${aim.name}`;
      say(`${line}${missed ? `: ${missed}` : ''} (${world.ledger.size} operations)`);
      if (world.casualties.length > 0) break;
      await sleep(pauseMs);
    }
    while (world.ledger.size < operations && world.casualties.length === 0) await sleep(200);
    await load.stop();
    say(`seed ${seed}: ${world.ledger.size} operations, draining`);
    const drained = await world.drain();
    const findings = await check(world);
    const counters = await wrongCounters(world.herald);
    const broken = [
      ...(drained ? [] : [`not quiet in time: ${await world.unfinished()} messages and jobs are left`]),
      ...(counters.length > 0 ? [`counters differ from a recount: ${JSON.stringify(counters.slice(0, 3))}`] : []),
      ...world.casualties,
      ...load.faults,
    ];
    return { seed, faults, operations: world.ledger.size, findings, hits, broken };
  } finally {
    await world.end();
  }
}

/** One fault, from the state it aims at until everything is mended; says why when it did not come about. */
async function fire({ aim, strike, lastsMs }: Planned, world: World, random: Random): Promise<string | undefined> {
  let held;
  try {
    held = await aim.reach(world, random);
  } catch (error) {
    return `the state was not reached (${(error as Error).message})`;
  }
  const mend = await strike.begin(world, held, random);
  await held.release();
  await sleep(lastsMs);
  await mend();
  return undefined;
}
