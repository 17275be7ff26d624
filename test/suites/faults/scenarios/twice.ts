import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { prefixOf } from '@herald/queue';
import { eventually } from '../../../support/eventually.js';
import { signedJob } from '../../../support/signed-job.js';
import { Clients } from '../load/clients.js';
import type { World } from '../world.js';
import type { Scenario, Stage } from './scenario.js';

const APPS = ['delivery', 'agent-actions'] as const;
const AT_ONCE = 50;

/** Returns true when everything owed has a waiting job, which is published a moment after its sender is answered. */
async function allWaits(world: World): Promise<boolean> {
  const owed = await world.herald.query<{ job_id: string | null }>('select distinct job_id from outbox');
  const waiting = new Set<string | null>(await world.unfinishedJobs());
  return owed.every(({ job_id }) => waiting.has(job_id));
}

interface Data {
  ids?: string[];
}

/** The same job once more, under an id of its own; one of a gateway is signed for it. */
const copyOf = (world: World, app: string, name: string, { ids, ...data }: Data) =>
  ids ? signedJob(world.herald.namespace, app, name, { ids }) : { name, data, opts: { jobId: randomUUID() } };

/**
 * Puts every job that waits on its queue again, so that each is there fifty times, and the workers take them at once: in
 * rounds over all of them, for what stands behind the others runs when the first is long done.
 */
async function multiply(world: World): Promise<number> {
  const connection = new Redis(world.redis.url, { maxRetriesPerRequest: null });
  let jobs = 0;
  for (const app of APPS) {
    const queue = new Queue(app, { connection, prefix: prefixOf(app, world.herald.namespace) });
    const waiting = await queue.getWaiting();
    for (let copies = 1; copies < AT_ONCE; copies++) {
      await queue.addBulk(waiting.map(({ name, data }) => copyOf(world, app, name, data as Data)));
    }
    jobs += waiting.length;
    await queue.close();
  }
  connection.disconnect();
  return jobs;
}

export async function playTwice(stage: Stage, preload: string[] = []): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 2, 'agent-actions': 2 },
    postgres: stage.postgres,
    preload: { delivery: preload, 'agent-actions': preload },
  });
  const { delivery, actions } = new Clients(world);
  const workers = APPS.flatMap((app) => world.of(app));
  for (const worker of workers) worker.freeze();
  await Promise.all([
    ...Array.from({ length: 5 }, () => delivery.sendBatch(40, false)),
    ...Array.from({ length: 30 }, () => actions.record(false)),
    delivery.put(20),
    actions.put(20),
  ]);
  await eventually(() => allWaits(world), 30_000);
  const jobs = await multiply(world);
  stage.note('jobs that were run, each', `${jobs}, ${AT_ONCE} times`, 'at least 10', jobs >= 10);
  for (const worker of workers) worker.thaw();
  await stage.settle(world);
}

/** One effect for each message, however often its job is run. */
export const twice: Scenario = {
  name: 'every job many times at once',
  proves: [2],
  play: (stage) => playTwice(stage),
};
