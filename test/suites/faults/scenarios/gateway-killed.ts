import { Clients } from '../load/clients.js';
import { hasUnpublished } from '../storm/looking.js';
import type { Scenario, Stage } from './scenario.js';

/** A gateway that answered 202 dies before it has published anything; another one finds the messages. */
export async function playGatewayKilled(stage: Stage, preload: string[] = []): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 1, 'agent-actions': 1 },
    env: { SWEEP_AFTER_MS: '1000' },
    postgres: stage.postgres,
    preload: { gateway: preload },
  });
  const { delivery, actions } = new Clients(world);
  const gateway = world.instance('gateway-1');
  const held = gateway.hold('unpublished', 20_000);
  await Promise.all([delivery.send('killed', false), delivery.sendBatch(20, false), actions.record(false)]);
  await held;
  const unpublished = await hasUnpublished(world);
  await gateway.kill();
  if (preload.length === 0)
    stage.note('killed while messages were committed and not published', String(unpublished), 'true', unpublished);
  await gateway.start();
  await stage.settle(world);
}

export const gatewayKilled: Scenario = {
  name: 'gateway killed before it published',
  proves: [1, 25],
  play: (stage) => playGatewayKilled(stage),
};
