import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { eventually } from '../../../support/eventually.js';
import type { Instance } from '../instance.js';
import type { Random } from '../random.js';
import type { World } from '../world.js';
import {
  hasBacklog,
  hasDelayed,
  hasDoneUnfinished,
  hasReplied,
  hasUnpublished,
  hasWaiting,
  inTransaction,
} from './looking.js';

/** The state is there and stays until it is released. */
export interface Held {
  /** The processes that are in it. */
  victims: Instance[];
  release(): Promise<void> | void;
}

/** A state in which a fault is to find messages. */
export interface Aim {
  name: string;
  /** The server that is away while the state lasts: it cannot be hit as well. */
  away?: 'postgres' | 'redis';
  /** Brings the state about; resolves once Postgres and Redis show it. Rejects when that takes too long. */
  reach(world: World, random: Random): Promise<Held>;
}

const REACH_MS = 45_000;
const OUTBOX_APPS = ['delivery', 'agent-actions'] as const;
const APPS = [...OUTBOX_APPS, 'merchant-answers'] as const;
const TABLES = { delivery: 'feed_messages', 'agent-actions': 'agent_actions', 'merchant-answers': 'notifications' };

const until = (holds: () => Promise<unknown>, withinMs = REACH_MS) => eventually(holds, withinMs);

/** Undoes what was done to reach a state when it is not reached. */
async function orRelease(
  release: Held['release'],
  victims: Instance[],
  reached: () => Promise<unknown>,
): Promise<Held> {
  try {
    await reached();
    return { victims, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function frozen(instances: Instance[], reached: () => Promise<unknown>, withinMs?: number): Promise<Held> {
  for (const instance of instances) instance.freeze();
  const thaw = () => instances.forEach((instance) => instance.thaw());
  return orRelease(thaw, instances, () => until(reached, withinMs));
}

/** Frozen workers may have in work all that may be published, so that nothing waits: they go on for a moment then. */
async function frozenBeforeWaiting(world: World, app: (typeof OUTBOX_APPS)[number], tries = 6): Promise<Held> {
  try {
    return await frozen(world.of(app), () => hasWaiting(world, app), REACH_MS / 6);
  } catch (error) {
    if (tries === 1) throw error;
    await sleep(1000);
    return frozenBeforeWaiting(world, app, tries - 1);
  }
}

/** Blocks writers of a product's table inside their transactions. */
async function lockTable(world: World, app: (typeof APPS)[number]): Promise<Held['release']> {
  const client = new Client({ connectionString: world.herald.databaseUrl });
  // A fault may take Postgres away under it.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`begin; lock table ${TABLES[app]} in share row exclusive mode`);
  return () => client.end().catch(() => undefined);
}

export const AIMS: Aim[] = [
  {
    name: 'committed, client not told',
    reach(world, random) {
      const gateway = random.pick(world.of('gateway'));
      return orRelease(
        () => gateway.release(),
        [gateway],
        () => gateway.hold('committed', REACH_MS),
      );
    },
  },
  {
    name: 'accepted, not published',
    reach(world, random) {
      const gateway = random.pick(world.of('gateway'));
      const held = gateway.hold('unpublished', REACH_MS);
      return orRelease(
        () => gateway.release(),
        [gateway],
        () => held.then(() => until(() => hasUnpublished(world))),
      );
    },
  },
  {
    name: 'owed, waiting for its turn',
    reach(world, random) {
      const app = random.pick(OUTBOX_APPS);
      return frozen(world.of(app), () => hasBacklog(world, app));
    },
  },
  {
    name: 'published, waiting',
    reach(world, random) {
      return frozenBeforeWaiting(world, random.pick(OUTBOX_APPS));
    },
  },
  {
    name: "in the worker's transaction",
    async reach(world, random) {
      const app = random.pick(APPS);
      const release = await lockTable(world, app);
      const victims: Instance[] = [];
      return orRelease(release, victims, async () => {
        const names = await until(async () => {
          const waiting = await inTransaction(world, app);
          return waiting.length > 0 && waiting;
        });
        victims.push(...(names as string[]).map((name) => world.instance(name)));
      });
    },
  },
  {
    name: 'committed, job not finished',
    reach(world, random) {
      const app = random.pick(OUTBOX_APPS);
      const worker = random.pick(world.of(app));
      const held = worker.hold('worked', REACH_MS);
      return orRelease(
        () => worker.release(),
        [worker],
        () => held.then(() => until(() => hasDoneUnfinished(world, app))),
      );
    },
  },
  {
    name: 'replied, not read',
    async reach(world) {
      const unlock = await lockTable(world, 'merchant-answers');
      const gateways = world.of('gateway');
      return orRelease(
        async () => {
          await unlock();
          for (const gateway of gateways) gateway.thaw();
        },
        gateways,
        async () => {
          await until(async () => (await inTransaction(world, 'merchant-answers')).length > 0);
          for (const gateway of gateways) gateway.freeze();
          const since = Date.now();
          await unlock();
          await until(() => hasReplied(world, 'merchant-answers', since));
        },
      );
    },
  },
  {
    name: 'event published, not consumed',
    async reach(world) {
      await world.events.pause();
      return orRelease(
        () => world.events.resume(),
        [],
        () => until(() => hasWaitingEvent(world)),
      );
    },
  },
  {
    name: 'put off, Postgres away',
    away: 'postgres',
    async reach(world, random) {
      const app = random.pick(OUTBOX_APPS);
      // Something must be under way when it goes.
      const { release } = await frozenBeforeWaiting(world, app);
      await world.postgres.kill();
      await release();
      return orRelease(
        () => world.postgres.startAgain(),
        [],
        () => until(() => hasDelayed(world, app)),
      );
    },
  },
];

async function hasWaitingEvent(world: World): Promise<boolean> {
  return (await world.eye.llen(world.key('merchant-answers.events', 'wait'))) > 0;
}
