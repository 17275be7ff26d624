import { Clients } from '../load/clients.js';
import { timed } from './probe.js';
import type { Scenario, Stage } from './scenario.js';

/** Every connection is half-open: the servers have forgotten it, and the services get no notice. */
async function play(stage: Stage): Promise<void> {
  const world = await stage.world({
    services: { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 },
    postgres: stage.postgres,
    proxied: true,
  });
  const { delivery, actions, merchant } = new Clients(world);
  const all = async () => {
    const [message, action, question] = await Promise.all([
      delivery.send('silent', true),
      actions.record(true),
      merchant.ask(merchant.waiting, true),
    ]);
    await Promise.all([
      delivery.delivered(message.reply?.body.correlationId),
      actions.recorded(action.reply?.body.correlationId),
    ]);
    return question.reply?.status;
  };
  await all();
  world.proxies?.postgres.halfOpen();
  world.proxies?.redis.halfOpen();
  const { ms } = await timed(all);
  stage.within('sent, recorded and asked again', ms, 30_000);
  const again = await timed(all);
  stage.within('and once more', again.ms, 3000);
  await stage.settle(world);
}

export const silentConnections: Scenario = { name: 'half-open connections', proves: [6, 8, 14], play };
