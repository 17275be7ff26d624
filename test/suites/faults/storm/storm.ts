import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Finding, wrongCounters } from '../checker.js';
import { Clients } from '../load/clients.js';
import { Load } from '../load/load.js';
import { Random } from '../random.js';
import { say } from '../report.js';
import { World } from '../world.js';
import { type Planned, scheduleOf } from './schedule.js';
import { Watchers } from './watchers.js';

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
  /** Broken promises beside the findings; empty when all is well. */
  broken: string[];
}

/** So many messages are followed. */
const TIMELINES = 200;
/** A worker's lock, and how long its event loop is blocked. */
const LOCK_MS = 2500;
const SETTINGS = {
  JOB_LOCK_MS: String(LOCK_MS),
  BLOCK_MS: String(LOCK_MS * 2),
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
    const watchers = await Watchers.begin(world);
    const load = new Load(world);
    const hits: StormResult['hits'] = [];
    const missed: Planned[] = [];
    const strikeAll = async (plan: Planned[]) => {
      for (const planned of plan) {
        const { aim, strike, pauseMs } = planned;
        const why = await fire(planned, world, random);
        if (why) missed.push(planned);
        else hits.push({ aim: aim.name, strike: strike.name });
        const line = `seed ${seed}, fault ${hits.length}/${faults}: ${strike.name} while ${aim.name}`;
        say(`${line}${why ? `: ${why}` : ''} (${world.ledger.size} operations)`);
        if (why) say(await world.standings());
        if (world.casualties.length > 0) return;
        await sleep(pauseMs);
      }
    };
    await strikeAll(schedule);
    // A fault that did not find its state counts for nothing: it is tried once more.
    await strikeAll(missed.splice(0));
    while (world.ledger.size < operations && world.casualties.length === 0) await sleep(200);
    await load.stop();
    say(`seed ${seed}: ${world.ledger.size} operations, draining`);
    const drained = await world.drain();
    const findings = await check(world);
    const counters = await wrongCounters(world.herald);
    const untold = await incompleteTimelines(world, random);
    const unseen = await watchers.faults();
    const broken = [
      ...unseen,
      ...missed.map(({ aim, strike }) => `never came about: ${strike.name} while ${aim.name}`),
      ...(drained ? [] : [`not quiet in time. ${await world.standings()}`]),
      ...(counters.length > 0 ? [`counters differ from a recount: ${JSON.stringify(counters.slice(0, 3))}`] : []),
      ...untold.map((timeline) => `a timeline is not whole: ${timeline}`),
      ...world.casualties,
      ...load.faults,
    ];
    return { seed, faults, operations: world.ledger.size, findings, hits, broken };
  } finally {
    await world.end();
  }
}

/** Takes acknowledged messages at random, and returns those that cannot be followed from beginning to end. */
async function incompleteTimelines(world: World, random: Random): Promise<string[]> {
  const { entries } = await world.ledger.read();
  const acked = entries.filter(({ door, outcome, id }) => /^(single|batch)$/.test(door) && outcome === 'acked' && id);
  const clients = new Clients(world);
  const untold: string[] = [];
  for (const { id } of random.shuffled(acked).slice(0, TIMELINES)) {
    const steps = await clients.stepsOf(id as string);
    const whole = steps[0] === 'accepted' && steps.includes('queued') && steps.at(-1) === 'delivered';
    if (!whole) untold.push(`${id}: ${steps.join(', ')}`);
  }
  return untold;
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
