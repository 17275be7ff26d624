import { Client } from 'pg';
import { eventually } from '../../../support/eventually.js';
import { Clients } from '../load/clients.js';
import type { World } from '../world.js';
import { inTransaction } from '../storm/looking.js';
import { type Scenario, type Stage } from './scenario.js';

/** Kills the workers of an app inside their transactions, and whatever Postgres still does for them. */
export async function killInTransaction(world: World, app: string, table: string, cause: () => Promise<unknown>) {
  const lock = new Client({ connectionString: world.herald.databaseUrl });
  await lock.connect();
  await lock.query(`begin; lock table ${table} in share row exclusive mode`);
  const caused = cause();
  const names = await eventually(async () => {
    const waiting = await inTransaction(world, app);
    return waiting.length > 0 && waiting;
  }, 20_000);
  await Promise.all(names.map((name) => world.instance(name).kill()));
  await world.herald.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = any($1::text[])`,
    [names.map((name) => `herald-${name}`)],
  );
  const killed = performance.now();
  await lock.end();
  return { killed, caused };
}

/** Another worker does what the dead one had in work, soon, and once. */
export async function playWorkerKilled(stage: Stage, preload: string[] = []): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 2 },
    postgres: stage.postgres,
    preload: { delivery: preload },
  });
  const { delivery } = new Clients(world);
  const other = world.instance('delivery-2');
  other.freeze();
  const { killed, caused } = await killInTransaction(world, 'delivery', 'feed_messages', () =>
    delivery.sendBatch(100, false),
  );
  other.thaw();
  await caused;
  await world.drain(stage.long ? 60_000 : 20_000);
  stage.within('its jobs are done by another', performance.now() - killed, 15_000);
  await stage.settle(world);
}

export const workerKilled: Scenario = {
  name: 'worker killed in its transaction',
  proves: [9],
  play: (stage) => playWorkerKilled(stage),
};
