import { Clients } from '../load/clients.js';
import type { Scenario, Stage } from './scenario.js';

const HOUR_MS = 3_600_000;

/** Internal services whose clocks are an hour off, one way and the other: what they put on the queues is done, once. */
async function play(stage: Stage): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 },
    postgres: stage.postgres,
  });
  const clients = new Clients(world);
  const { delivery, actions, merchant, producers } = clients;
  for (const off of [-HOUR_MS, HOUR_MS]) {
    producers.clockOffMs = off;
    await Promise.all([delivery.put(50), actions.put(50), ...Array.from({ length: 10 }, () => merchant.putUpsert())]);
    await merchant.putRequest();
  }
  await stage.settle(world);
  const { entries } = await world.ledger.read();
  const untold: string[] = [];
  for (const { slice, id } of entries) {
    if (slice === 'merchant-answers' || !id) continue;
    const steps = await clients.stepsOf(id);
    if (steps[0] !== 'queued' || steps.at(-1) !== 'delivered') untold.push(`${id}: ${steps.join(', ')}`);
  }
  stage.none('timelines that do not go from queued to delivered', untold);
}

export const clocks: Scenario = { name: "a client's clock an hour off", proves: [2, 22], play };
