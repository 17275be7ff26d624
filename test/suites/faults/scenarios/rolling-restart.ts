import { QueueEvents } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { prefixOf } from '@herald/queue';
import { Caller } from '../load/caller.js';
import { Clients } from '../load/clients.js';
import { Load } from '../load/load.js';
import { QUEUES, type World } from '../world.js';
import { Probe } from './probe.js';
import { type Scenario, type Stage } from './scenario.js';

/** Counts the jobs that BullMQ finds stalled: their worker left without finishing them or handing them back. */
async function countStalled(world: World): Promise<string[]> {
  const stalled: string[] = [];
  for (const queue of QUEUES.slice(0, 3)) {
    const events = new QueueEvents(queue, {
      connection: { url: world.redis.url },
      prefix: prefixOf(queue, world.herald.namespace),
    });
    events.on('error', () => undefined);
    events.on('stalled', ({ jobId }) => stalled.push(`${queue} ${jobId}`));
    await events.waitUntilReady();
    world.onEnd(() => events.close());
  }
  return stalled;
}

/** A deploy: every process is stopped in order and started again, one at a time, under load. */
async function play(stage: Stage): Promise<void> {
  const world = await stage.world({
    services: { gateway: 2, delivery: 2, 'agent-actions': 2, 'merchant-answers': 2 },
    postgres: stage.postgres,
  });
  const stalled = await countStalled(world);
  const load = new Load(world);
  const token = world.herald.token('unlimitedAccessToken');
  const refused: string[] = [];
  const codes: string[] = [];
  let longestMs = 0;
  for (const instance of world.instances.values()) {
    const others = world.of('gateway').filter((gateway) => gateway !== instance);
    const client = new Clients(
      world,
      others.map(({ url }) => url),
    );
    const reader = new Caller(others.map(({ url }) => url));
    const second = new Probe(40, {
      send: async () => (await client.delivery.send('second', false)).reply,
      read: () => reader.call({ method: 'GET', path: '/v1/messages/00000000-0000-7000-8000-000000000000', token }),
    });
    const begun = performance.now();
    const code = await instance.stop();
    longestMs = Math.max(longestMs, performance.now() - begun);
    if (code !== 0) codes.push(`${instance.name}: ${code}`);
    await instance.start();
    await sleep(300);
    const samples = await second.stop();
    refused.push(
      ...samples.filter(({ status }) => status === 0 || status >= 500).map(({ kind, reason }) => `${kind}: ${reason}`),
    );
  }
  await load.stop();
  stage.none('services that did not end with 0', codes);
  stage.within('the longest stop', longestMs, 12_000);
  stage.none('connections that the second gateway refused or cut, and calls that it failed', refused);
  stage.none('jobs that stalled', stalled);
  stage.none('faults of the load', load.faults);
  await stage.settle(world);
}

export const rollingRestart: Scenario = { name: 'rolling restart under load', proves: [15], play };
