import { Actions, aPerson, counterDifferences } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { feedCounterDifferences } from '../../support/feed.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
let actions: Actions;
beforeAll(async () => {
  const env = { FEED_DAYS: '30', ACTIONS_DAYS: '30', RETENTION_EVERY_MS: '200' };
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions'], env });
  await herald.startService('agent-actions', {}, 'second worker');
  actions = new Actions(herald);
}, 60_000);
afterAll(() => herald?.stop());

const idsOf = async (table: string) =>
  (await herald.query<{ id: string }>(`select id from ${table}`)).map(({ id }) => id);
const gone = (table: string, ids: string[]) =>
  eventually(async () => !(await idsOf(table)).some((id) => ids.includes(id)), 30_000);

it('removes old actions with their recipients and figures while statuses change, and leaves the young', async () => {
  const people = [aPerson(), aPerson()];
  const recorded: string[] = [];
  for (let n = 0; n < 30; n++) recorded.push((await actions.record({ recipients: people })).id as string);
  const [old, young] = [recorded.slice(0, 20), recorded.slice(20)];
  const changes = old.map((id) => actions.setStatus(id, people[0]?.id as string, { status: 'read' }));
  await herald.query(`update agent_actions set recorded_at = now() - interval '31 days' where id = any($1)`, [old]);
  // One that is gone already is a 404.
  for (const { status } of await Promise.all(changes)) expect([200, 404]).toContain(status);
  await gone('agent_actions', old);
  expect(await counterDifferences(herald.databaseUrl)).toEqual([]);
  expect(await idsOf('agent_actions')).toEqual(expect.arrayContaining(young));
  const recipients = 'select from agent_action_recipients where notification_id = any($1)';
  expect(await herald.query(recipients, [old])).toEqual([]);
  expect(await herald.query(recipients, [young])).toHaveLength(2 * young.length);
  const ours = await herald.query('select from agent_actions where company_id = $1', [herald.company.id]);
  expect((await actions.get('/stats')).body.total_notifications).toBe(ours.length);
});

const unreadOf = (login: string) =>
  herald.query(`select from feed_messages where company_id = $1 and recipient_login = $2 and status = 'unread'`, [
    herald.company.id,
    login,
  ]);

it('removes old messages from the feed and from the number of unread ones', async () => {
  const send = async () => {
    const token = herald.token('unlimitedAccessToken');
    const sent = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage({ recipientLogin: 'carla' }) });
    expect(sent.status).toBe(202);
    return sent.body.correlationId as string;
  };
  const [old, young] = [await send(), await send()];
  await eventually(
    async () => (await idsOf('feed_messages')).includes(young) && (await idsOf('feed_messages')).includes(old),
  );
  await herald.query(`update feed_messages set delivered_at = now() - interval '31 days' where id = $1`, [old]);
  await gone('feed_messages', [old]);
  expect(await idsOf('feed_messages')).toContain(young);
  const { body } = await call('GET', `${herald.url}/v1/feed/unread-count`, { token: herald.jwtOf('carla') });
  expect(body.unread).toBe((await unreadOf('carla')).length);
  expect(await feedCounterDifferences(herald.databaseUrl)).toEqual([]);
  await eventually(() => herald.service('delivery').log.includes('1 feed messages older than 30 days removed'));
});

it.each([
  ['herald_delivery', 'feed_messages', 'delivered_at'],
  ['herald_agent_actions', 'agent_actions', 'recorded_at'],
])('%s may remove no %s younger than a day', async (role, table, age) => {
  const remove = async () => {
    const client = await herald.pool.connect();
    try {
      await client.query(`begin; set local role ${role}`);
      return (await client.query(`delete from ${table} returning id`)).rows;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  const [chosen] = await idsOf(table);
  expect(chosen).toBeDefined();
  expect(await remove()).toEqual([]);
  await herald.query(`update ${table} set ${age} = now() - interval '2 days' where id = $1`, [chosen]);
  expect(await remove()).toEqual([{ id: chosen }]);
});
