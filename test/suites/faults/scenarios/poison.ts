import { randomUUID } from 'node:crypto';
import { aMessage } from '../../../support/client.js';
import { anAction } from '../../../support/actions.js';
import { Clients } from '../load/clients.js';
import { QUEUES, type World } from '../world.js';
import type { Scenario, Stage } from './scenario.js';

const MESSAGES = 300;
/** One of a hundred, of each slice. */
const POISON = MESSAGES / 100;

/** Rows of the outbox that no worker can store: as if a gateway had accepted what it should not have. */
async function poisonOutbox(world: World): Promise<string[]> {
  const { title: _, ...untitled } = aMessage().message;
  const bodies = [
    ['delivery', 'deliver', { message: untitled }],
    ['agent-actions', 'record', { notification_type: 'x', title: 'No message' }],
  ] as const;
  const ids: string[] = [];
  for (const [queue, job, body] of bodies) {
    for (let count = 0; count < POISON; count++) {
      const [row] = await world.herald.query<{ id: string }>(
        `insert into outbox (id, queue, job, company_id, body, accepted_at) values (gen_random_uuid(), $1, $2, $3, $4, now())
         returning id`,
        [queue, job, world.herald.company.id, JSON.stringify(body)],
      );
      ids.push(row?.id as string);
    }
  }
  return ids;
}

/** Jobs of producers that break the contract, or that cannot be stored. */
async function poisonQueues({ producers }: Clients, world: World): Promise<string[]> {
  const company = world.herald.company.id;
  const merchantId = world.herald.company.merchants[0]?.id;
  const bad: [string, string, object][] = [
    ['delivery', 'deliver', { companyId: company, body: { message: {} } }],
    ['delivery', 'deliver', { companyId: 'nobody', body: aMessage() }],
    ['agent-actions', 'record', { companyId: company, body: anAction({ action_url: 'ftp://x' }) }],
    ['agent-actions', 'record', { companyId: randomUUID(), body: anAction() }],
    ['merchant-answers', 'answer', { merchantId, notificationId: 999_999, body: { answer: 'To nothing' } }],
    ['merchant-answers', 'request', { merchantId, body: { notification_type: 'no_such_type' } }],
    ['merchant-answers', 'conversation.upsert', { body: { id: -1 } }],
    ...GARBAGE.flatMap((data) => APPS.map((queue): [string, string, object] => [queue, 'nonsense', { data }])),
  ];
  return Promise.all(bad.map(([queue, job, data]) => producers.drop(queue, job, data)));
}

const APPS = ['delivery', 'agent-actions', 'merchant-answers'];
const GARBAGE = [null, 'x', 7, [], { a: { b: 'c' } }, '\u0000', 'x'.repeat(100_000)];

/** A poison message ends alone among the dead letters; garbage stops no worker. */
export const poison: Scenario = {
  name: 'poison and garbage',
  proves: [10, 19],
  async play(stage: Stage) {
    const world = await stage.world({
      services: { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 },
      postgres: stage.postgres,
    });
    const clients = new Clients(world);
    const { delivery, actions, merchant } = clients;
    const good = [
      ...Array.from({ length: MESSAGES / 20 }, () => delivery.sendBatch(10, false)),
      delivery.put(MESSAGES / 2),
      ...Array.from({ length: MESSAGES / 2 }, () => actions.record(false)),
      actions.put(MESSAGES / 2),
      ...Array.from({ length: 20 }, () => merchant.ask(merchant.waiting, false)),
      ...Array.from({ length: 20 }, () => merchant.putUpsert()),
    ];
    const bad = [...(await poisonOutbox(world)), ...(await poisonQueues(clients, world))];
    await Promise.all(good);
    await stage.settle(world);
    const buried = await world.herald.query<{ id: string }>(
      'select correlation_id as id from dead_letters where correlation_id = any($1::uuid[])',
      [bad],
    );
    const missing = bad.filter((id) => !buried.some((letter) => letter.id === id));
    stage.none(`of ${bad.length} poisonous messages: not among the dead letters`, missing);
    stage.none('dead letters that are there twice', buried.length > bad.length ? ['some'] : []);
    stage.none(
      'queues that stand still',
      await Promise.all(QUEUES.map((queue) => world.eye.hget(world.key(queue, 'meta'), 'paused'))).then((paused) =>
        paused.filter(Boolean),
      ),
    );
  },
};
