import { setTimeout as sleep } from 'node:timers/promises';
import { Clients } from '../load/clients.js';
import { preload } from '../../../support/preloads.js';
import type { Scenario, Stage } from './scenario.js';

const DIE = preload('die-of-message');
const TOGETHER = 200;
/** Stalled three times in its company, three starts alone, and a death that nobody counted. */
const MAX_DEATHS = 8;

/** A message that kills its worker ends alone among the dead letters; those that were committed with it arrive. */
export async function playKiller(stage: Stage, preload: string[] = []): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 1 },
    env: { JOB_LOCK_MS: '500' },
    postgres: stage.postgres,
    preload: { delivery: [DIE, ...preload] },
  });
  const worker = world.instance('delivery-1');
  await worker.stop();
  const clients = new Clients(world);
  const reply = await clients.delivery.sendBatch(TOGETHER, false);
  const deadly = reply?.body.results[77].correlationId as string;
  await worker.start({ DEADLY_ID: deadly });
  let deaths = 0;
  let over = false;
  const revive = (async () => {
    while (!over) {
      if (!worker.running) {
        deaths++;
        // It may die before it is up.
        await worker.start().catch(() => undefined);
      }
      await sleep(20);
    }
  })();
  try {
    await until(stage, async () => deaths > MAX_DEATHS || (await world.unfinished()) === 0);
    const buried = await world.herald.query('select from dead_letters where correlation_id = $1', [deadly]);
    stage.note('the deadly message is a dead letter', buried.length, '1', buried.length === 1);
    const steps = await clients.stepsOf(deadly);
    const told = steps[0] === 'accepted' && steps[1] === 'queued' && steps.at(-1) === 'given_up';
    stage.note('its timeline', steps.join(', '), 'accepted, queued, …, given_up', told);
    stage.note('workers that it killed', deaths, `at most ${MAX_DEATHS}`, deaths > 0 && deaths <= MAX_DEATHS);
    const [row] = await world.herald.query<{ arrived: number }>('select count(*)::int as arrived from feed_messages');
    const others = TOGETHER - 1;
    stage.note(
      `of ${others} that were committed with it, arrived`,
      row?.arrived ?? 0,
      String(others),
      row?.arrived === others,
    );
  } finally {
    over = true;
    await revive;
  }
}

async function until(stage: Stage, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + (stage.long ? 180_000 : 90_000);
  while (performance.now() < deadline && !(await holds())) await sleep(100);
}

export const killer: Scenario = {
  name: 'a message that kills its worker',
  proves: [10],
  play: (stage) => playKiller(stage),
};
