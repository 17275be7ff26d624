import { randomUUID } from 'node:crypto';
import { DeadLetters } from '@herald/database';
import { Actions, aPerson, counterDifferences } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { aDeadLetter } from '../../support/ops.js';
import { EventReader } from '../../support/event-reader.js';

let herald: Herald;
let actions: Actions;
let merchant: Merchant;
beforeAll(async () => {
  const env = {
    FEED_READ_DAYS: '30',
    ACTIONS_READ_DAYS: '30',
    ACTIONS_EXPIRED_DAYS: '7',
    QUESTIONS_DAYS: '30',
    DEAD_LETTER_DAYS: '30',
    RETENTION_EVERY_MS: '200',
  };
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'], env });
  await herald.startService('gateway', {}, 'second gateway');
  actions = new Actions(herald);
  merchant = new Merchant(herald);
}, 120_000);
afterAll(() => herald?.stop());

const idsOf = async (table: string) =>
  (await herald.query<{ id: string }>(`select id::text from ${table}`)).map(({ id }) => id);
const gone = (table: string, ids: string[]) =>
  eventually(async () => !(await idsOf(table)).some((id) => ids.includes(id)), 30_000);
const removed = async (service: string, kind: string) =>
  (await Figures.of(herald.service(service))).sum('herald_retention_removed_total', { kind });

async function send(): Promise<string> {
  const token = herald.token('unlimitedAccessToken');
  const sent = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
  const id = sent.body.correlationId as string;
  await eventually(async () => (await idsOf('feed_messages')).includes(id));
  return id;
}
const mark = (id: string, status: string) =>
  call('PATCH', `${herald.url}/v1/feed/${id}`, { token: herald.jwtOf('dmurta'), body: { status } });

it('removes messages that were read long ago, unread ones never, and streams show nothing of it', async () => {
  const [read, archived, lately, unread] = [await send(), await send(), await send(), await send()];
  for (const id of [read, archived, lately]) await mark(id, 'read');
  await mark(archived, 'archived');
  const reader = await EventReader.open(`${herald.url}/v1/feed/stream`, herald.jwtOf('dmurta'));
  await eventually(() => reader.of('unread').length > 0);
  // Moved back without a change that a stream would show.
  await herald.query(`alter table feed_messages disable trigger feed_messages_changed`);
  await herald.query(`update feed_messages set delivered_at = now() - interval '40 days' where id = any($1)`, [
    [read, archived, lately, unread],
  ]);
  await herald.query(`update feed_messages set read_at = now() - interval '31 days' where id = any($1)`, [
    [read, archived],
  ]);
  await herald.query(`alter table feed_messages enable trigger feed_messages_changed`);
  await gone('feed_messages', [read, archived]);
  expect(await idsOf('feed_messages')).toEqual(expect.arrayContaining([lately, unread]));
  const next = await send();
  await eventually(() => reader.of('message').some(({ id }) => id === next));
  expect(reader.of('message').map(({ id }) => id)).toEqual([next]);
  expect(reader.of('removed')).toEqual([]);
  reader.close();
  const trace = await call('GET', `${herald.url}/v1/messages/${read}`, { token: herald.token('unlimitedAccessToken') });
  expect(trace.status).toBe(404);
  expect((await mark(read, 'unread')).status).toBe(404);
  expect(await removed('delivery', 'read feed messages')).toBe(2);
  const figures = await Figures.of(herald.service('delivery'));
  expect(figures.sum('herald_retention_slice_seconds_count', { table: 'feed_messages' })).toBeGreaterThan(0);
  expect(figures.has('herald_retention_oldest_seconds', { kind: 'read feed messages' })).toBe(true);
});

it('removes actions that were read or have expired long ago, with their figures', async () => {
  const person = aPerson();
  const record = async (fields = {}) => (await actions.record({ recipients: [person], ...fields })).id as string;
  const [read, unread, expired, valid] = [
    await record(),
    await record(),
    await record({ expires_at: '2020-01-01T00:00:00.000Z' }),
    await record({ expires_at: new Date(Date.now() - 86_400_000).toISOString() }),
  ];
  expect((await actions.setStatus(read, person.id, { status: 'read' })).status).toBe(200);
  // What was recorded today stays, even when it had expired before.
  await eventually(async () =>
    (await Figures.of(herald.service('agent-actions'))).has('herald_retention_oldest_seconds'),
  );
  expect(await idsOf('agent_actions')).toEqual(expect.arrayContaining([read, unread, expired, valid]));
  await herald.query(
    `update agent_actions set recorded_at = now() - interval '40 days', updated_at = now() - interval '31 days'
      where id = any($1)`,
    [[read, unread, expired, valid]],
  );
  await gone('agent_actions', [read, expired]);
  expect(await idsOf('agent_actions')).toEqual(expect.arrayContaining([unread, valid]));
  expect(await counterDifferences(herald.databaseUrl)).toEqual([]);
  expect(await removed('agent-actions', 'read agent actions')).toBe(1);
  expect(await removed('agent-actions', 'expired agent actions')).toBe(1);
});

it('removes questions that ended long ago, and leaves open ones', async () => {
  const [answered, lately, open] = [await merchant.open(), await merchant.open(), await merchant.open()];
  for (const id of [answered, lately]) expect((await merchant.answer(id)).status).toBe(200);
  await herald.query(`update notifications set updated_at = now() - interval '31 days' where id = any($1)`, [
    [answered, open],
  ]);
  await gone('notifications', [String(answered)]);
  const { body } = await merchant.list();
  const ids = body.map(({ id }: { id: number }) => id);
  expect(ids).toEqual(expect.arrayContaining([lately, open]));
  expect(ids).not.toContain(answered);
  expect((await merchant.answer(answered)).status).toBe(404);
  expect((await merchant.answer(open)).status).toBe(200);
  expect(await removed('merchant-answers', 'ended questions')).toBe(1);
});

it('drops old dead letters of all queues, each once', async () => {
  const queues = ['delivery', 'agent-actions', 'merchant-answers', 'merchant-answers.answered'];
  const [old, young]: string[][] = [[], []];
  for (const queue of queues) {
    old!.push(await aDeadLetter(herald, { queue, given_up_at: new Date(Date.now() - 31 * 86_400_000) }));
    young!.push(await aDeadLetter(herald, { queue }));
  }
  await gone('dead_letters', old!);
  expect((await idsOf('dead_letters')).sort()).toEqual(young!.sort());
  const gateways = ['gateway', 'second gateway'].map((service) => removed(service, 'dead letters'));
  expect((await Promise.all(gateways)).reduce((sum, rows) => sum + rows, 0)).toBe(queues.length);
});

it('sends a dead letter whose request is forgotten back, to an end that is documented', async () => {
  const question = await merchant.open();
  expect((await merchant.delete(question)).status).toBe(200);
  await herald.query(`update requests set created_at = now() - interval '49 hours'`);
  await eventually(async () => (await idsOf('requests')).length === 0, 20_000);
  const correlation_id = randomUUID();
  const content = JSON.stringify({ v: 1, merchantId: merchant.id, notificationId: question });
  const letter = await aDeadLetter(herald, { queue: 'merchant-answers', job: 'delete', correlation_id, content });
  const [replayed] = await new DeadLetters(herald.database).replay([letter]);
  expect(replayed?.outcome).toBe('replayed');
  const find = () =>
    herald.query<{ error: string }>('select error from dead_letters where correlation_id = $1', [correlation_id]);
  await eventually(async () => (await find()).length > 0);
  expect((await find())[0]?.error).toBe('Notification not found');
});
