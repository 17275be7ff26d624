import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { checkingProxy } from '../../support/checking-proxy.js';
import { aLogin, aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { clientOf } from '../../support/typed-client.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());

const token = (name: string) => herald.token(name);
const send = (body: unknown, headers = {}, as = token('unlimitedAccessToken')) =>
  call('POST', `${herald.url}/v1/feed/ai`, { token: as, body, headers });
const feedOf = async (login: string, query = '', company = herald.company) =>
  (await call('GET', `${herald.url}/v1/feed${query}`, { token: herald.jwtOf(login, company) })).body;
const delivered = (id: string, login = 'dmurta') =>
  eventually(async () => (await feedOf(login, '?limit=100')).data.find((item: { id: string }) => item.id === id), 2000);
const trace = (id: string, as = token('accessToken')) => call('GET', `${herald.url}/v1/messages/${id}`, { token: as });

describe('the documented program (contracts README, "Sending a message")', () => {
  const program = (url: string, bearer: string) => `
import requests
import json

url = "${url}/v1/feed/ai"

payload = json.dumps({
  "message": {
    "title": "Teste",
    "body": "Conteúdo da notificação",
    "authorLogin": "admin",
    "recipientLogin": "dmurta",
    "question": "teste"
  },
  "metadata": {}
})
headers = {
  'Content-Type': 'application/json',
  'Authorization': 'Bearer ${bearer}'
}

response = requests.request("POST", url, headers=headers, data=payload)

print(response.text)
`;

  it('prints a correlationId, and the message is in the feeds of recipient and author alone within 2 s', async () => {
    const proxy = await checkingProxy(herald.url);
    const { stdout } = await promisify(execFile)('python3', ['-c', program(proxy.url, token('accessToken'))]);
    await proxy.close();
    const { correlationId } = JSON.parse(stdout);
    const item = await delivered(correlationId);
    expect(item).toMatchObject({
      id: correlationId,
      tab: 'ai',
      title: 'Teste',
      body: 'Conteúdo da notificação',
      authorLogin: 'admin',
      recipientLogin: 'dmurta',
      question: 'teste',
      metadata: {},
      status: 'unread',
      readAt: null,
      seenAt: null,
    });
    expect((await feedOf('dmurta', '?tab=ai')).data).toContainEqual(item);
    expect((await feedOf('admin')).data).toContainEqual(item);
    expect((await feedOf('carla')).data).toEqual([]);
    expect((await feedOf('dmurta', '', herald.otherCompany)).data).toEqual([]);
  });

  it('returns the trace of the message, step by step and in order', async () => {
    const sender = clientOf(herald.url, token('unlimitedAccessToken'));
    const { data: sent } = await sender.POST('/v1/feed/ai', {
      body: { message: { title: 'Teste', body: 'Olá', authorLogin: 'admin', recipientLogin: 'dmurta' } },
    });
    const { correlationId } = sent!;
    await delivered(correlationId);
    const { data: told } = await sender.GET('/v1/messages/{correlationId}', { params: { path: { correlationId } } });
    expect(told).toMatchObject({ correlationId, queue: 'delivery', state: 'delivered' });
    expect(told?.steps.map(({ step }) => step)).toEqual(['accepted', 'queued', 'attempt', 'delivered']);
    const times = told!.steps.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('the feed', () => {
  it('is read page by page, newest first, without gaps or repeats', async () => {
    const recipientLogin = 'carla';
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) {
      ids.unshift((await send(aMessage({ recipientLogin, title: `page ${index}` }))).body.correlationId);
    }
    await delivered(ids[0] as string, recipientLogin);
    await delivered(ids[6] as string, recipientLogin);
    const carla = clientOf(herald.url, herald.jwtOf(recipientLogin));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data: page } = await carla.GET('/v1/feed', { params: { query: { limit: 3, cursor } } });
      seen.push(...page!.data.map(({ id }) => id));
      cursor = page!.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(ids);
  });

  it('shows a message to oneself once', async () => {
    const { body } = await send(aMessage({ authorLogin: 'dmurta', recipientLogin: 'dmurta' }));
    await delivered(body.correlationId);
    const all = (await feedOf('dmurta', '?limit=100')).data.filter(
      ({ id }: { id: string }) => id === body.correlationId,
    );
    expect(all).toHaveLength(1);
  });

  it('lets the recipient alone change a status, and the author sees it', async () => {
    const { body } = await send(aMessage());
    const { id } = await delivered(body.correlationId);
    const set = (login: string, status: string, company = herald.company) =>
      call('PATCH', `${herald.url}/v1/feed/${id}`, { token: herald.jwtOf(login, company), body: { status } });
    expect((await set('admin', 'read')).status).toBe(403);
    expect((await set('carla', 'read')).status).toBe(404);
    expect((await set('dmurta', 'read', herald.otherCompany)).status).toBe(404);
    const read = await set('dmurta', 'read');
    expect(read).toMatchObject({ status: 200, body: { id, status: 'read', readAt: expect.any(String) } });
    const archived = await set('dmurta', 'archived');
    expect(archived.body).toEqual({ ...read.body, status: 'archived' });
    expect((await feedOf('admin', '?status=archived')).data).toContainEqual(archived.body);
    expect((await set('dmurta', 'unread')).body).toMatchObject({ status: 'unread', readAt: null });
  });

  it('counts what is unread and marks all of it as read', async () => {
    const count = async () =>
      (await call('GET', `${herald.url}/v1/feed/unread-count`, { token: herald.jwtOf('dmurta') })).body;
    const { body } = await send(aMessage());
    await delivered(body.correlationId);
    const before = await count();
    expect(before.unread).toBeGreaterThan(0);
    expect(before.byTab).toEqual({ ai: before.unread });
    const marked = await call('POST', `${herald.url}/v1/feed/read-all`, { token: herald.jwtOf('dmurta') });
    expect(marked).toMatchObject({ status: 200, body: { updated: before.unread } });
    expect(await count()).toEqual({ unread: 0, unseen: 0, byTab: { ai: 0 } });
  });
});

describe('a batch', () => {
  const batch = (messages: unknown[], headers = {}, as = token('unlimitedAccessToken')) =>
    call('POST', `${herald.url}/v1/feed/ai/batch`, { token: as, body: { messages }, headers });

  it('accepts each message by itself, in order', async () => {
    const { status, body } = await batch([aMessage(), aMessage({ title: '' }), 5, aMessage()]);
    expect(status).toBe(202);
    const [first, second, third, fourth] = body.results;
    expect(second).toMatchObject({ error: 'ValidationError', errors: [{ field: 'message.title' }] });
    expect(third).toMatchObject({ error: 'ValidationError' });
    await delivered(first.correlationId);
    await delivered(fourth.correlationId);
  });

  it('is a 400 with the same results when no message was good', async () => {
    const { status, body } = await batch([{}, aMessage({ title: 'x'.repeat(31) })]);
    expect(status).toBe(400);
    expect(body.results).toHaveLength(2);
  });

  it('refuses an author that the token may not write as, message by message', async () => {
    const as = token('authorLimitedToken');
    const { status, body } = await batch([aMessage(), aMessage({ authorLogin: 'carla' })], {}, as);
    expect(status).toBe(202);
    expect(body.results).toEqual([
      { correlationId: expect.any(String) },
      expect.objectContaining({ error: 'Forbidden' }),
    ]);
    expect((await send(aMessage({ authorLogin: 'carla' }), {}, as)).status).toBe(403);
  });

  it('takes 1,000 messages at once, delivers each once, and refuses 1,001', async () => {
    const recipientLogin = aLogin();
    const messages = Array.from({ length: 1000 }, (_, index) => aMessage({ title: `m${index}`, recipientLogin }));
    const { status, body } = await batch(messages);
    expect(status).toBe(202);
    const ids = body.results.map(({ correlationId }: { correlationId: string }) => correlationId);
    await eventually(async () => {
      const [row] = await herald.query<{ count: number }>(
        'select count(*)::int from feed_messages where id = any($1::uuid[])',
        [ids],
      );
      return row?.count === 1000;
    });
    expect((await batch([...messages, aMessage()])).status).toBe(400);
  });
});

describe('the doors', () => {
  it('are closed without a token, with a wrong, expired or revoked one, and with two different ones', async () => {
    const good = token('accessToken');
    const wrong = [undefined, 'x', `${good}0`, good.slice(0, -1), token('expiredApiKey'), token('revokedApiKey')];
    for (const as of wrong) {
      expect(await call('POST', `${herald.url}/v1/feed/ai`, { token: as, body: aMessage() })).toMatchObject({
        status: 401,
        body: { error: 'Unauthorized', statusCode: 401, path: '/v1/feed/ai' },
      });
    }
    const both = { 'x-api-key': token('unlimitedAccessToken') };
    expect((await send(aMessage(), both, good)).status).toBe(401);
    expect((await call('POST', `${herald.url}/v1/feed/ai`, { body: aMessage(), headers: both })).status).toBe(202);
  });

  it('ask for the scope', async () => {
    expect(await send(aMessage(), {}, token('readOnlyApiKey'))).toMatchObject({
      status: 403,
      body: { error: 'Forbidden' },
    });
    expect((await trace(randomUUID(), token('readOnlyApiKey'))).status).toBe(403);
  });

  it('keep people and programs apart', async () => {
    expect((await send(aMessage(), {}, herald.jwtOf('admin'))).status).toBe(401);
    expect((await call('GET', `${herald.url}/v1/feed`, { token: token('accessToken') })).status).toBe(401);
    const merchant = herald.company.merchants[0]?.jwt;
    expect((await call('GET', `${herald.url}/v1/feed`, { token: merchant })).status).toBe(401);
  });

  it("answer 404 for an unknown id and for another company's", async () => {
    const { body } = await send(aMessage());
    await delivered(body.correlationId);
    const theirs = await trace(body.correlationId, token('accessToken'));
    expect(theirs.status).toBe(200);
    for (const [id, as] of [
      [body.correlationId, herald.token('accessToken', herald.otherCompany)],
      [randomUUID(), token('accessToken')],
      ['nonsense', token('accessToken')],
    ] as const) {
      expect(await trace(id, as)).toMatchObject({ status: 404, body: { message: 'Message not found' } });
    }
  });
});
