import { Clients } from '../load/clients.js';
import { wipeRedis } from '../storm/strikes.js';
import type { Scenario, Stage } from './scenario.js';

const MESSAGES = 2000;
const GATEWAYS = 3;

/** Three gateways find at once that Redis lost two thousand messages: each message is given one new job. */
async function play(stage: Stage): Promise<void> {
  const world = await stage.world({
    services: { gateway: GATEWAYS, delivery: 1 },
    env: { SWEEP_AFTER_MS: '1000', LOG_LEVEL: 'debug' },
    postgres: stage.postgres,
  });
  const { delivery } = new Clients(world);
  const [worker] = world.of('delivery');
  worker?.freeze();
  await Promise.all(Array.from({ length: MESSAGES / 50 }, () => delivery.sendBatch(50, false)));
  for (const gateway of world.of('gateway')) gateway.freeze();
  await wipeRedis(world);
  for (const gateway of world.of('gateway')) gateway.thaw();
  worker?.thaw();
  await stage.settle(world);
  const swept = world.of('gateway').filter(({ log }) => log.includes('lost jobs replaced')).length;
  stage.note('gateways that found lost jobs', swept, 'at least 1', swept >= 1);
}

export const sweepers: Scenario = { name: 'Redis wiped before three sweepers', proves: [25], play };
