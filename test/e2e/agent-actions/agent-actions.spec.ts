import { randomUUID } from 'node:crypto';
import { Actions, aPerson, counterDifferences, SAMPLE } from '../../support/actions.js';
import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { clientOf } from '../../support/typed-client.js';

let herald: Herald;
let actions: Actions;

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  actions = new Actions(herald);
}, 60_000);
afterAll(() => herald?.stop());

describe('Get Notification Details (contracts README, "The notification")', () => {
  it('shows the sample notification as it is printed', async () => {
    const { data } = await clientOf(herald.url, herald.token('apiKey')).GET('/team-notifications/{notification_id}', {
      params: { path: { notification_id: SAMPLE.notification } },
    });
    expect(data).toEqual({
      id: SAMPLE.notification,
      company_id: herald.company.id,
      sender_id: SAMPLE.sender,
      notification_type: 'email_sent',
      priority: 'medium',
      status: 'unread',
      title: 'Agent sent email to customer',
      message: 'Support Agent sent follow-up email to customer regarding billing inquiry #12345',
      metadata: {
        agent_id: SAMPLE.agent,
        query_id: SAMPLE.query,
        action_type: 'email_sent',
        recipient_email: 'customer@example.com',
        email_subject: 'Follow-up on your billing inquiry',
        tool_used: 'email_tool',
        execution_time: '2.3s',
      },
      action_url: `https://app.aloochat.ai/queries/${SAMPLE.query}`,
      expires_at: '2024-01-15T06:00:00.000Z',
      created_at: '2024-01-10T10:00:00.000Z',
      updated_at: '2024-01-10T10:00:00.000Z',
      sender: { id: SAMPLE.agent, email: 'agent@aloochat.ai', name: 'Support Agent' },
      recipients: [
        {
          id: SAMPLE.recipient,
          notification_id: SAMPLE.notification,
          user_id: SAMPLE.user,
          status: 'unread',
          read_at: null,
          user: { id: SAMPLE.user, email: 'user@example.com', name: 'John Doe' },
        },
      ],
    });
  });

  it.each([
    ['an unknown id', randomUUID()],
    ['a malformed id', 'nonsense'],
    ['no id', 'users'],
  ])('answers 404 for %s', async (_, id) => {
    const { status, body } = await actions.get(`/${id}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: 'NotFound', statusCode: 404, path: `/team-notifications/${id}` });
  });
});

describe('POST /team-notifications (contracts README, "Recording an action")', () => {
  it('answers 202 with the id under which the action is recorded, with the defaults of the contract', async () => {
    const sender = aPerson();
    const item = await actions.record({ sender });
    expect(item).toMatchObject({
      company_id: herald.company.id,
      sender_id: sender.id,
      sender,
      priority: 'medium',
      status: 'unread',
      metadata: {},
      action_url: null,
      expires_at: null,
      recipients: [],
    });
    expect(Date.parse(item.created_at)).toBeGreaterThan(Date.now() - 60_000);
    expect(item.updated_at).toBe(item.created_at);
  });

  it('takes null for what is optional, and keeps recipients in their order', async () => {
    const people = [aPerson(), aPerson(), aPerson()];
    const item = await actions.record({
      priority: null,
      metadata: null,
      action_url: null,
      expires_at: null,
      sender_id: null,
      sender: null,
      recipients: people,
    });
    expect(item).toMatchObject({ priority: 'medium', metadata: {}, sender_id: null, sender: null });
    expect(item.recipients.map(({ user }: any) => user)).toEqual(people);
  });

  it('keeps the directory up to date, and forgets nothing that a later action leaves out', async () => {
    const person = aPerson();
    const first = await actions.record({ recipients: [person] });
    await actions.record({ recipients: [{ id: person.id, name: 'New Name' }] });
    const { body } = await actions.get(`/${first.id}`);
    expect(body.recipients[0].user).toEqual({ ...person, name: 'New Name' });
  });

  it('is followed step by step', async () => {
    const item = await actions.record({ priority: 'urgent' });
    const { body } = await call('GET', `${herald.url}/v1/messages/${item.id}`, { token: herald.token('apiKey') });
    expect(body).toMatchObject({ correlationId: item.id, queue: 'agent-actions', state: 'delivered' });
    expect(body.steps.map(({ step }: any) => step)).toEqual(['accepted', 'queued', 'attempt', 'delivered']);
  });

  it.each([
    ['title', { title: '' }],
    ['title', { title: 'x'.repeat(201) }],
    ['message', { message: undefined }],
    ['message', { message: 'x'.repeat(2001) }],
    ['notification_type', { notification_type: 'Email Sent' }],
    ['notification_type', { notification_type: 'a'.repeat(51) }],
    ['priority', { priority: 'critical' }],
    ['metadata', { metadata: [] }],
    ['metadata', { metadata: { note: 'nul \u0000' } }],
    ['metadata.agent_id', { metadata: { agent_id: 'x'.repeat(201) } }],
    ['metadata.query_id', { metadata: { query_id: {} } }],
    ['action_url', { action_url: 'http://example.com' }],
    ['action_url', { action_url: 'javascript:alert(1)' }],
    ['expires_at', { expires_at: '2024-02-30' }],
    ['expires_at', { expires_at: 'infinity' }],
    ['sender_id', { sender_id: '1' }],
    ['sender.id', { sender: { name: 'No id' } }],
    ['recipients.0.email', { recipients: [{ id: randomUUID(), email: 'nobody' }] }],
    ['recipients', { recipients: Array.from({ length: 101 }, () => aPerson()) }],
    ['recipients', { recipients: [aPerson(SAMPLE.user), aPerson(SAMPLE.user)] }],
    ['status', { status: 'read' }],
  ])('refuses a bad %s with 400', async (field, fields) => {
    const { status, body } = await actions.post({ notification_type: 'system', title: 't', message: 'm', ...fields });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'ValidationError', errors: [expect.objectContaining({ field })] });
  });
});

describe('Update User Notification Status (contracts README, "Read states")', () => {
  const [one, two] = [aPerson(), aPerson()];

  it('answers with the recipient entry and derives the status of the notification', async () => {
    const item = await actions.record({ recipients: [one, two] });
    const change = async (user: string, status: string) => {
      const answer = await actions.setStatus(item.id, user, { status });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
      const { body } = await actions.get(`/${item.id}`);
      expect(body.recipients.find(({ user_id }: any) => user_id === user)).toEqual(answer.body);
      return { entry: answer.body, status: body.status };
    };

    const read = await change(one.id, 'read');
    expect(read.entry).toMatchObject({ notification_id: item.id, user_id: one.id, status: 'read', user: one });
    expect(read.entry.read_at).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    expect(read.status).toBe('unread');
    expect((await change(two.id, 'archived')).status).toBe('read');
    const archived = await change(one.id, 'archived');
    expect(archived.status).toBe('archived');
    expect(archived.entry.read_at).toBe(read.entry.read_at);
    const again = await change(one.id, 'read');
    expect(again.entry.read_at).toBe(read.entry.read_at);
    expect(again.status).toBe('read');
    const unread = await change(one.id, 'unread');
    expect(unread).toMatchObject({ entry: { status: 'unread', read_at: null }, status: 'unread' });
    expect(await counterDifferences(herald.databaseUrl)).toEqual([]);
  });

  it('changes nothing when the status is there already', async () => {
    const item = await actions.record({ recipients: [one] });
    await actions.setStatus(item.id, one.id, { status: 'read' });
    const before = (await actions.get(`/${item.id}`)).body;
    expect((await actions.setStatus(item.id, one.id, { status: 'read' })).body).toEqual(before.recipients[0]);
    expect((await actions.get(`/${item.id}`)).body).toEqual(before);
  });

  it('answers a retry with what it answered before', async () => {
    const item = await actions.record({ recipients: [one] });
    const headers = { 'idempotency-key': randomUUID() };
    const first = await actions.setStatus(item.id, one.id, { status: 'read' }, headers);
    await actions.setStatus(item.id, one.id, { status: 'unread' });
    const again = await actions.setStatus(item.id, one.id, { status: 'read' }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await actions.get(`/${item.id}`)).body.status).toBe('unread');
    expect((await actions.setStatus(item.id, one.id, { status: 'archived' }, headers)).status).toBe(422);
  });

  it.each([
    ['an unknown notification', randomUUID(), SAMPLE.user],
    ['a malformed notification id', 'x', SAMPLE.user],
    ['a user who is no recipient', SAMPLE.notification, randomUUID()],
    ['a malformed user id', SAMPLE.notification, 'x'],
  ])('answers 404 for %s', async (_, id, user) => {
    expect((await actions.setStatus(id, user, { status: 'read' })).status).toBe(404);
  });

  it.each([[{ status: 'seen' }], [{}], [{ status: 'read', more: 1 }], [[]], ['read']])(
    'answers 400 for %j',
    async (body) => {
      expect((await actions.setStatus(SAMPLE.notification, SAMPLE.user, JSON.stringify(body))).status).toBe(400);
    },
  );
});

describe('Authentication (contracts README, "Credentials")', () => {
  it('reads with the read scope alone, and asks for the write scope to change', async () => {
    const readOnly = new Actions(herald, herald.token('readOnlyApiKey'));
    expect((await readOnly.get('')).status).toBe(200);
    expect((await readOnly.get('/stats')).status).toBe(200);
    expect((await readOnly.post({})).status).toBe(403);
    expect((await readOnly.setStatus(SAMPLE.notification, SAMPLE.user, { status: 'read' })).status).toBe(403);
  });

  it.each([
    ['accessToken', 403],
    ['expiredApiKey', 401],
    ['revokedApiKey', 401],
  ])('shuts %s out', async (name, status) => {
    expect((await new Actions(herald, herald.token(name)).get('')).status).toBe(status);
  });
});
