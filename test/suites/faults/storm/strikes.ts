import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServiceName } from '../../../support/herald.js';
import type { Instance } from '../instance.js';
import type { Random } from '../random.js';
import type { World } from '../world.js';
import type { Held } from './aims.js';

/** One way in which something breaks. */
export interface Strike {
  name: string;
  hits?: 'postgres' | 'redis';
  /** Breaks it; resolves to what mends it again. */
  begin(world: World, held: Held, random: Random): Promise<() => Promise<unknown>>;
}

const WORKERS: ServiceName[] = ['delivery', 'agent-actions', 'merchant-answers'];
const nothing = (): Promise<unknown> => Promise.resolve();

/** Those that hold what was aimed at, if they are such services; else one at random. */
function targets(world: World, { victims }: Held, apps: ServiceName[], random: Random): Instance[] {
  const hit = victims.filter(({ app }) => apps.includes(app));
  return hit.length > 0 ? hit : [random.pick(world.of(random.pick(apps)))];
}

const killing =
  (apps: ServiceName[]): Strike['begin'] =>
  async (world, held, random) => {
    const instances = targets(world, held, apps, random);
    await Promise.all(instances.map((instance) => instance.kill()));
    return () => Promise.all(instances.map((instance) => instance.start()));
  };

const freezing =
  (apps: ServiceName[]): Strike['begin'] =>
  async (world, held, random) => {
    const instances = targets(world, held, apps, random);
    for (const instance of instances) instance.freeze();
    return async () => instances.forEach((instance) => instance.thaw());
  };

/** Wipes Redis: its unfinished direct jobs are lost at this moment. */
export async function wipeRedis(world: World): Promise<void> {
  await world.ledger.loseWithRedis(await world.unfinishedJobs(['flushall']));
}

/** Redis comes back with the files of some seconds ago: what was done since stands in it again, what was added is gone. */
async function restoreOldFile(world: World, random: Random): Promise<() => Promise<unknown>> {
  const files = join(world.redis.folder, 'appendonlydir');
  await rm(`${files}.old`, { recursive: true, force: true });
  await cp(files, `${files}.old`, { recursive: true });
  await sleep(random.between(500, 2000));
  await world.ledger.loseWithRedis(await world.unfinishedJobs(['client', 'pause', '60000', 'all']));
  await world.redis.kill();
  await rm(files, { recursive: true });
  await cp(`${files}.old`, files, { recursive: true });
  return () => world.redis.startAgain();
}

/** Every place that Postgres has is taken, and the services lose theirs. */
export async function crowdOut(world: World): Promise<() => Promise<unknown>> {
  const crowd: Client[] = [];
  const join = async () => {
    const client = new Client({ connectionString: world.herald.databaseUrl, application_name: 'crowd' });
    client.on('error', () => undefined);
    await client.connect();
    crowd.push(client);
  };
  await join();
  const evict = () =>
    crowd[0]?.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'herald-%'`);
  for (let full = false; !full;) {
    await evict();
    // Superusers may take the last places too.
    full = await Promise.all(Array.from({ length: 10 }, join)).then(
      () => false,
      () => true,
    );
  }
  await evict();
  return () => Promise.all(crowd.map((client) => client.end()));
}

export const STRIKES: Strike[] = [
  { name: 'kill gateway', begin: killing(['gateway']) },
  { name: 'kill worker', begin: killing(WORKERS) },
  { name: 'freeze gateway', begin: freezing(['gateway']) },
  { name: 'freeze worker', begin: freezing(WORKERS) },
  {
    name: 'block event loop',
    async begin(world, held, random) {
      for (const worker of targets(world, held, WORKERS, random)) worker.signal('SIGUSR2');
      return nothing;
    },
  },
  {
    name: 'kill Redis',
    hits: 'redis',
    async begin(world) {
      await world.redis.kill();
      return () => world.redis.startAgain();
    },
  },
  {
    name: 'freeze Redis',
    hits: 'redis',
    async begin(world) {
      world.redis.freeze();
      return async () => world.redis.thaw();
    },
  },
  {
    name: 'wipe Redis',
    hits: 'redis',
    async begin(world) {
      await wipeRedis(world);
      return nothing;
    },
  },
  { name: 'restore old Redis', hits: 'redis', begin: (world, _held, random) => restoreOldFile(world, random) },
  {
    name: 'Redis out of memory',
    hits: 'redis',
    async begin(world) {
      await world.eye.config('SET', 'maxmemory', '1mb');
      return () => world.eye.config('SET', 'maxmemory', '0');
    },
  },
  {
    name: 'kill Postgres',
    hits: 'postgres',
    async begin(world) {
      await world.postgres.kill();
      return () => world.postgres.startAgain();
    },
  },
  {
    name: 'restart Postgres',
    hits: 'postgres',
    async begin(world) {
      await world.postgres.stop();
      return () => world.postgres.startAgain();
    },
  },
  {
    name: 'freeze Postgres',
    hits: 'postgres',
    async begin(world) {
      world.postgres.freeze();
      return async () => world.postgres.thaw();
    },
  },
  { name: 'crowd Postgres', hits: 'postgres', begin: crowdOut },
  {
    name: 'reset connections',
    async begin({ proxies }) {
      proxies?.postgres.reset();
      proxies?.redis.reset();
      return nothing;
    },
  },
  {
    name: 'slow network',
    async begin({ proxies }, _held, random) {
      const both = [proxies?.postgres, proxies?.redis].filter((proxy) => proxy !== undefined);
      for (const proxy of both) proxy.delayMs = random.between(50, 250);
      return async () => both.forEach((proxy) => (proxy.delayMs = 0));
    },
  },
  {
    name: 'half-open to Redis',
    hits: 'redis',
    async begin({ proxies }) {
      proxies?.redis.halfOpen();
      return nothing;
    },
  },
  {
    name: 'half-open to Postgres',
    hits: 'postgres',
    async begin({ proxies }) {
      proxies?.postgres.halfOpen();
      return nothing;
    },
  },
];
