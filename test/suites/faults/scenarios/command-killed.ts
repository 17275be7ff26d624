import { Clients } from '../load/clients.js';
import { type Scenario, type Stage } from './scenario.js';
import { killInTransaction } from './worker-killed.js';

const services = { gateway: 1, delivery: 1, 'merchant-answers': 1 };

/** A worker dies inside the transaction of an answer: nobody got a 200, and a retry with the key gives it once. */
export async function playAnswerKilled(stage: Stage, preload: string[] = []): Promise<void> {
  const world = await stage.world({ services, postgres: stage.postgres, preload: { 'merchant-answers': preload } });
  const { merchant } = new Clients(world);
  const asked = await merchant.asked();
  if (!asked) throw new Error('no question to answer');
  const { caused } = await killInTransaction(world, 'merchant-answers', 'notifications', () =>
    merchant.answer(asked.intent, asked.id, true),
  );
  await world.instance('merchant-answers-1').start();
  await caused;
  await stage.settle(world);
}

/** A worker dies after it committed a command and before it replied: a retry with the key gets the verdict of that time. */
export async function playVerdictKilled(stage: Stage, preload: string[] = []): Promise<void> {
  const world = await stage.world({ services, postgres: stage.postgres, preload: { delivery: preload } });
  const { delivery } = new Clients(world);
  const sent = await Promise.all([delivery.send('reader', true), delivery.send('reader', true)]);
  await Promise.all(sent.map(({ reply }) => delivery.delivered(reply?.body.correlationId)));
  const worker = world.instance('delivery-1');
  const held = worker.hold('worked', 20_000);
  const read = delivery.readAll(
    'reader',
    sent.map(({ intent }) => intent),
  );
  await held;
  await worker.kill();
  await worker.start();
  await read;
  await stage.settle(world);
}

export const commandKilled: Scenario[] = [
  { name: 'worker killed in the transaction of an answer', proves: [1, 16], play: (stage) => playAnswerKilled(stage) },
  { name: 'worker killed before it replied', proves: [1, 2], play: (stage) => playVerdictKilled(stage) },
];
