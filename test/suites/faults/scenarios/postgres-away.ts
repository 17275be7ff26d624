import { Clients } from '../load/clients.js';
import { crowdOut } from '../storm/strikes.js';
import { QUEUES, type World } from '../world.js';
import { type Outage, refusedWell, watch } from './outage.js';
import { p99 } from './probe.js';
import { type Scenario, type Stage } from './scenario.js';

/** The longest that a statement may take before its client gives up, and what a busy machine may add. */
const STATEMENT_MS = 6000 + 1500;

function outages(): Outage[] {
  let disperse: (() => Promise<unknown>) | undefined;
  return [
    { name: 'killed', begin: ({ postgres }) => postgres.kill(), end: ({ postgres }) => postgres.startAgain() },
    { name: 'stopped', begin: ({ postgres }) => postgres.stop(), end: ({ postgres }) => postgres.startAgain() },
    { name: 'frozen', begin: ({ postgres }) => postgres.freeze(), end: ({ postgres }) => postgres.thaw() },
    {
      name: 'out of connections',
      begin: async (world) => (disperse = await crowdOut(world)),
      end: () => disperse?.(),
    },
  ];
}

/** Clients get honest errors, nothing hangs, no attempt is burned, and everything recovers soon. */
export async function playPostgresAway(stage: Stage, ways: string[], preload: string[] = []): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 },
    postgresSettings: { max_connections: '60' },
    preload: { delivery: preload, 'agent-actions': preload },
  });
  const { delivery, actions } = new Clients(world);
  const burned: string[] = [];
  for (const outage of outages().filter(({ name }) => ways.includes(name))) {
    const seconds = stage.long ? 20 : 4;
    const { sends, commands, reads, acceptingMs, consumingMs } = await watch(
      world,
      {
        ...outage,
        async begin() {
          await outage.begin(world);
          // Redis is there: workers take these, and learn that they cannot do them.
          await Promise.all([delivery.put(5), actions.put(5)]);
        },
        async end() {
          burned.push(...(await attemptsMade(world)));
          await outage.end(world);
        },
      },
      seconds * 1000,
    );
    const all = [...sends, ...commands, ...reads];
    const what = `Postgres ${outage.name} for ${seconds} s`;
    // A frozen server resumes where it stopped: a request may succeed after all, or be refused by the rules.
    const frozen = outage.name === 'frozen';
    refusedWell(stage, `${what}: requests`, all, frozen ? [200, 202, 500, 504] : []);
    stage.within(`${what}: p99 of all ${all.length} requests`, p99(all), frozen ? STATEMENT_MS : 2500);
    stage.within(`${what}: messages are accepted again`, acceptingMs, 5000);
    stage.within(`${what}: every worker works again`, consumingMs, 5000);
  }
  stage.none('attempts that an outage burned', burned);
  await stage.settle(world);
}

/** Jobs that have failed, and how often. */
async function attemptsMade(world: World): Promise<string[]> {
  const burned: string[] = [];
  for (const queue of QUEUES) {
    for (const id of await world.eye.zrange(world.key(queue, 'delayed'), 0, '-1')) {
      const made = await world.eye.hget(world.key(queue, id), 'atm');
      if (Number(made) > 0) burned.push(`${queue}: ${made}`);
    }
  }
  return burned;
}

export const postgresAway: Scenario = {
  name: 'Postgres away',
  proves: [14],
  play: (stage) => playPostgresAway(stage, ['killed', 'stopped', 'frozen', 'out of connections']),
};
