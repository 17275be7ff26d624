import { Actions, aPerson, SAMPLE } from '../../support/actions.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
let ours: Actions;
let theirs: Actions;
/** The first company's action; the second company uses the same ids of people, agents and queries. */
let item: any;
const shared = aPerson();
const metadata = { agent_id: 'shared agent', query_id: 'shared query' };

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  ours = new Actions(herald);
  theirs = new Actions(herald, herald.token('unlimitedApiKey', herald.otherCompany));
  item = await ours.record({ title: 'ours', metadata, sender: shared, recipients: [shared] });
}, 60_000);
afterAll(() => herald?.stop());

describe('two companies (contracts README, "Scopes")', () => {
  it.each([
    '',
    '?agent_id=shared+agent',
    '?query_id=shared+query',
    `?sender_id=${shared.id}`,
    `/users/${shared.id}`,
    `/users/${SAMPLE.user}`,
  ])('never see each other’s rows at GET /team-notifications%s', async (path) => {
    const { status, body } = await theirs.get(path);
    expect([status, body]).toEqual([200, { data: [], total: 0, skip: 0, limit: 50, next_cursor: null }]);
  });

  it.each(['', `?user_id=${shared.id}`, '?agent_id=shared+agent'])(
    'count nothing of each other at /stats%s',
    async (query) => {
      expect((await theirs.get(`/stats${query}`)).body.total_notifications).toBe(0);
    },
  );

  it('get the answer for an unknown id when it is the other’s', async () => {
    const strange = [await theirs.get(`/${item.id}`), await theirs.setStatus(item.id, shared.id, { status: 'read' })];
    for (const { status, body } of strange) expect([status, body.message]).toEqual([404, 'Notification not found']);
    expect((await ours.get(`/${item.id}`)).body).toEqual(item);
  });

  it('do not learn of a type that only the other uses', async () => {
    await ours.record({ notification_type: 'secret_project' });
    expect((await ours.get('?notification_type=secret_project')).body.total).toBe(1);
    expect((await theirs.get('?notification_type=secret_project')).status).toBe(400);
  });

  it('keep directories of their own, also for the same ids', async () => {
    const named = { ...shared, name: 'Theirs', email: 'theirs@example.com' };
    const other = await theirs.record({ title: 'theirs', metadata, sender: named, recipients: [named] });
    expect(other.sender).toEqual(named);
    expect((await ours.get(`/${item.id}`)).body.sender).toEqual(shared);
    await theirs.setStatus(other.id, shared.id, { status: 'archived' });
    expect((await ours.get(`/users/${shared.id}`)).body).toMatchObject({
      total: 1,
      data: [{ id: item.id, status: 'unread' }],
    });
    expect((await ours.get(`/stats?user_id=${shared.id}`)).body).toMatchObject({
      total_notifications: 1,
      unread_count: 1,
    });
  });
});

describe('least privilege', () => {
  it.each([
    ['herald_gateway', `update agent_actions set status = 'read'`],
    ['herald_gateway', 'delete from agent_action_counters'],
    ['herald_agent_actions', `update agent_actions set title = 'x'`],
    ['herald_gateway', 'delete from agent_actions'],
    ['herald_agent_actions', 'select * from credentials'],
    ['herald_agent_actions', `update users set login = 'x'`],
    ['herald_delivery', 'select * from agent_actions'],
    ['herald_merchant_answers', 'select * from agent_action_counters'],
  ])('%s may not: %s', async (role, sql) => {
    const client = await herald.pool.connect();
    try {
      await client.query(`begin; set local role ${role}`);
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
