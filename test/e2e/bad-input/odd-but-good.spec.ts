import { Actions } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { nested, x } from './bad-request.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions'] });
});
afterAll(() => herald.stop());

const post = (body: unknown, headers = {}) =>
  call('POST', `${herald.url}/v1/feed/ai`, { token: herald.token('unlimitedAccessToken'), body, headers });

describe('a send is accepted and comes back unchanged when it has', () => {
  it.each([
    ['30 emoji for a title', { title: '😀'.repeat(30) }, {}],
    ['280 characters of several lines for a body', { body: `a\tb\r\nc${x(274)}` }, {}],
    ['an emoji of several code points', { title: '👩‍👩‍👧‍👦' }, {}],
    ['a question that is null', { question: null }, { question: null }],
    ['a letter in two code points, kept as one', { title: 'e\u0301'.repeat(30) }, { title: 'é'.repeat(30) }],
    ['metadata of 8 levels and awkward keys', { metadata: { ...(nested(8) as object), constructor: 'x', '': 0 } }, {}],
    ['what looks like SQL and HTML', { body: `'); drop table feed_messages; -- <script>` }, {}],
  ])('%s', async (_, given, changed) => {
    const { status, body } = await post(aMessage({ ...given, recipientLogin: 'carla' }));
    expect(status).toBe(202);
    const find = async () => {
      const feed = await call('GET', `${herald.url}/v1/feed`, { token: herald.jwtOf('carla') });
      return feed.body.data.find(({ id }: { id: string }) => id === body.correlationId);
    };
    expect(await eventually(find)).toMatchObject({ ...given, ...changed });
  });

  it.each([
    ['a charset', 'application/json; charset=utf-8'],
    ['a charset that JSON does not have', 'application/json;charset=iso-8859-1'],
    ['capitals', 'Application/JSON'],
  ])('a content type with %s', async (_, type) => {
    expect((await post(JSON.stringify(aMessage()), { 'content-type': type })).status).toBe(202);
  });
});

describe('an action is found by', () => {
  it.each([
    ['an agent of 101 emoji', 'agent_id', '😀'.repeat(101)],
    ['an agent whose letters are written in two code points', 'agent_id', `Ag\u0065\u0301nt ${'e\u0301'.repeat(190)}`],
    ['a query whose letters are written in two code points', 'query_id', 'Qu\u0065\u0301ry'],
  ])('%s, in either spelling', async (_, key, id) => {
    const actions = new Actions(herald);
    const { id: recorded } = await actions.record({ metadata: { [key]: id, tool_used: id, note: id } });
    for (const spelling of [id, id.normalize('NFC')]) {
      const { body } = await actions.get(`?${key}=${encodeURIComponent(spelling)}`);
      expect(body.data).toMatchObject([
        { id: recorded, metadata: { [key]: id.normalize('NFC'), tool_used: id.normalize('NFC'), note: id } },
      ]);
    }
  });
});

it('marks everything as read with a body of no fields, and without one', async () => {
  for (const body of [undefined, '', '{}', 'null', '{"upTo":null,"tab":null}']) {
    const headers = { 'content-type': 'application/json' };
    const { status } = await call('POST', `${herald.url}/v1/feed/read-all`, {
      token: herald.jwtOf('dmurta'),
      body,
      headers,
    });
    expect([body, status]).toEqual([body, 200]);
  }
});

it('ignores query parameters that it does not know', async () => {
  const url = `${herald.url}/v1/feed?stray=1&stray=2&stray[]=0&__proto__=1&__proto__[]=1&%zz=1&=1&&`;
  expect((await call('GET', url, { token: herald.jwtOf('dmurta') })).status).toBe(200);
});

it('answers problem+json to those who ask for it', async () => {
  const answer = await post(aMessage({ title: '' }), { accept: 'application/problem+json' });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    type: 'about:blank',
    title: 'ValidationError',
    status: 400,
    detail: expect.stringContaining('message.title'),
    instance: '/v1/feed/ai',
  });
});
