import { setTimeout as sleep } from 'node:timers/promises';
import { Clients } from '../load/clients.js';
import { timed } from './probe.js';
import type { Scenario, Stage } from './scenario.js';

/** The very first job that a gateway has for each queue meets a Redis that does not answer. */
async function play(stage: Stage): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 },
    postgres: stage.postgres,
  });
  const { delivery, actions, merchant } = new Clients(world);
  world.redis.freeze();
  const [message, action, question] = await Promise.all([
    delivery.send('first', false),
    actions.record(false),
    merchant.ask(merchant.waiting, false),
  ]);
  const statuses = [message, action, question].map(({ reply }) => reply?.status).join(', ');
  stage.note('a message, an action and a question', statuses, '202, 202, 503', statuses === '202, 202, 503');
  await sleep(2000);
  world.redis.thaw();
  const { ms } = await timed(() =>
    Promise.all([
      delivery.delivered(message.reply?.body.correlationId),
      actions.recorded(action.reply?.body.correlationId),
      merchant.ask(merchant.waiting, true),
    ]),
  );
  stage.within('delivered, recorded and asked once Redis answers', ms, 5000);
  await stage.settle(world);
}

export const firstUse: Scenario = { name: 'a queue first used while Redis is frozen', proves: [1, 7, 8], play };
