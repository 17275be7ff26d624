import { aLogin, aMessage, call } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Herald } from '../support/herald.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
});
afterAll(() => herald.stop());

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));

/** Bodies that must be refused, with the field that the refusal names (stack of inputs that were seen to break stores). */
const bad: [string, unknown, string][] = [
  ['nothing', {}, 'message'],
  ['a message that is null', { message: null }, 'message'],
  ['a message that is an array', { message: [] }, 'message'],
  ['no title', aMessage({ title: undefined }), 'message.title'],
  ['a title that is null', aMessage({ title: null }), 'message.title'],
  ['a title that is a number', aMessage({ title: 5 }), 'message.title'],
  ['an empty title', aMessage({ title: '' }), 'message.title'],
  ['a title of 31 characters', aMessage({ title: 'x'.repeat(31) }), 'message.title'],
  ['a title of 31 emoji', aMessage({ title: '😀'.repeat(31) }), 'message.title'],
  ['a title of spaces', aMessage({ title: '   ' }), 'message.title'],
  ['a title of a zero-width space', aMessage({ title: '\u200b' }), 'message.title'],
  ['a title with a line break', aMessage({ title: 'a\nb' }), 'message.title'],
  ['a title with a tab', aMessage({ title: 'a\tb' }), 'message.title'],
  ['a title with NUL', aMessage({ title: 'a\u0000' }), 'message.title'],
  ['a title with DEL', aMessage({ title: 'a\u007f' }), 'message.title'],
  ['a title with a C1 control', aMessage({ title: 'a\u0085' }), 'message.title'],
  ['a title with a lone surrogate', aMessage({ title: 'a\ud800' }), 'message.title'],
  ['no body', aMessage({ body: undefined }), 'message.body'],
  ['an empty body', aMessage({ body: '' }), 'message.body'],
  ['a body of 281 characters', aMessage({ body: 'x'.repeat(281) }), 'message.body'],
  ['a body with NUL', aMessage({ body: '\u0000' }), 'message.body'],
  ['a body with an escape character', aMessage({ body: 'a\u001b[31m' }), 'message.body'],
  ['a body with a lone surrogate', aMessage({ body: '\udc00' }), 'message.body'],
  ['no author', aMessage({ authorLogin: undefined }), 'message.authorLogin'],
  ['an empty author', aMessage({ authorLogin: '' }), 'message.authorLogin'],
  ['an author of 101 characters', aMessage({ authorLogin: 'x'.repeat(101) }), 'message.authorLogin'],
  ['an author with NUL', aMessage({ authorLogin: 'a\u0000' }), 'message.authorLogin'],
  ['no recipient', aMessage({ recipientLogin: undefined }), 'message.recipientLogin'],
  ['a recipient that is an array', aMessage({ recipientLogin: ['a'] }), 'message.recipientLogin'],
  ['a recipient that is blank', aMessage({ recipientLogin: '\u00a0' }), 'message.recipientLogin'],
  ['an empty question', aMessage({ question: '' }), 'message.question'],
  ['a question of 281 characters', aMessage({ question: 'x'.repeat(281) }), 'message.question'],
  ['an unknown field', { ...aMessage(), stray: 1 }, 'stray'],
  ['an unknown field of the message', aMessage({ stray: 1 }), 'message.stray'],
  ['metadata that is an array', aMessage({ metadata: [] }), 'metadata'],
  ['metadata that is a string', aMessage({ metadata: 'x' }), 'metadata'],
  ['metadata with NUL in a value', aMessage({ metadata: { a: '\u0000' } }), 'metadata'],
  ['metadata with NUL in a key', aMessage({ metadata: { 'a\u0000': 1 } }), 'metadata'],
  ['metadata with a lone surrogate', aMessage({ metadata: { a: ['\ud800'] } }), 'metadata'],
  ['metadata with a lone surrogate in a key', aMessage({ metadata: { '\ud800': 1 } }), 'metadata'],
  ['metadata of 9 levels', aMessage({ metadata: nested(9) }), 'metadata'],
  ['metadata of 101 keys', aMessage({ metadata: keys(101) }), 'metadata'],
  ['metadata of 101 keys in all', aMessage({ metadata: { a: keys(50), b: keys(50) } }), 'metadata'],
  ['metadata of more than 4 KiB', aMessage({ metadata: { a: 'x'.repeat(4096) } }), 'metadata'],
  ['metadata with an integer beyond 2^53', aMessage({ metadata: { a: 2 ** 53 } }), 'metadata'],
];

/** Texts that are no such JSON, or no JSON at all. */
const malformed: [string, string, number][] = [
  ['nothing', '', 400],
  ['half an object', '{', 400],
  ['a string', '"x"', 400],
  ['null', 'null', 400],
  ['a number', '5', 400],
  ['an array', '[]', 400],
  ['two objects', '{}{}', 400],
  ['a trailing comma', '{"message":{},}', 400],
  ['__proto__', '{"__proto__":{"a":1},"message":{}}', 400],
  [
    '__proto__ deep in the metadata',
    JSON.stringify(aMessage()).replace('"metadata":{}', '"metadata":{"a":{"__proto__":1}}'),
    400,
  ],
  ['30,000 levels', '{"metadata":'.repeat(1).concat('['.repeat(30_000), ']'.repeat(30_000), '}'), 400],
  ['a number that JSON has not', JSON.stringify(aMessage()).replace('"metadata":{}', '"metadata":{"a":NaN}'), 400],
  ['a number that is infinite', JSON.stringify(aMessage()).replace('"metadata":{}', '"metadata":{"a":1e999}'), 400],
  ['more than 64 KiB', JSON.stringify({ ...aMessage(), stray: 'x'.repeat(70_000) }), 413],
];

const post = (body: unknown, headers = {}) =>
  call('POST', `${herald.url}/v1/feed/ai`, { token: herald.token('unlimitedAccessToken'), body, headers });

const envelope = (status: number, error: string) => ({
  status,
  body: {
    error,
    message: expect.any(String),
    statusCode: status,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    path: '/v1/feed/ai',
    requestId: expect.any(String),
  },
});

const stored = async () =>
  (await herald.query<{ count: number }>('select count(*)::int from message_places'))[0]?.count;

describe('a send is refused, and nothing is stored, when it has', () => {
  let before: number | undefined;
  beforeAll(async () => {
    before = await stored();
  });
  afterAll(async () => expect(await stored()).toBe(before));

  it.each(bad)('%s', async (_, body, field) => {
    const answer = await post(body);
    expect(answer).toMatchObject(envelope(400, 'ValidationError'));
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(answer.body.message).toContain(field);
  });

  it.each(malformed)('a body that is %s', async (_, body, status) => {
    expect(await post(body)).toMatchObject(envelope(status, status === 413 ? 'PayloadTooLarge' : 'ValidationError'));
  });

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])(
    'content of type %s',
    async (type) => {
      const answer = await post(JSON.stringify(aMessage()), { 'content-type': type });
      expect(answer).toMatchObject(envelope(415, 'UnsupportedMediaType'));
    },
  );
});

describe('a send is accepted and comes back unchanged when it has', () => {
  it.each([
    ['30 emoji for a title', { title: '😀'.repeat(30) }, {}],
    ['280 characters of several lines for a body', { body: `a\tb\r\nc${'x'.repeat(274)}` }, {}],
    ['an emoji of several code points', { title: '👩‍👩‍👧‍👦' }, {}],
    ['a question that is null', { question: null }, { question: null }],
    ['a letter in two code points, kept as one', { title: 'e\u0301'.repeat(30) }, { title: 'é'.repeat(30) }],
    ['metadata of 8 levels and awkward keys', { metadata: { ...(nested(8) as object), constructor: 'x', '': 0 } }, {}],
    ['what looks like SQL and HTML', { body: `'); drop table feed_messages; -- <script>` }, {}],
  ])('%s', async (_, given, changed) => {
    const recipientLogin = 'carla';
    const { status, body } = await post(aMessage({ ...given, recipientLogin }));
    expect(status).toBe(202);
    const find = async () => {
      const feed = await call('GET', `${herald.url}/v1/feed`, { token: herald.jwtOf('carla') });
      return feed.body.data.find(({ id }: { id: string }) => id === body.correlationId);
    };
    expect(await eventually(find)).toMatchObject({ ...given, ...changed });
  });
});

describe('reading', () => {
  const get = (path: string) => call('GET', `${herald.url}${path}`, { token: herald.jwtOf('dmurta') });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['tab=other', 'tab'],
    ['tab=', 'tab'],
    ['status=seen', 'status'],
    ['cursor=xx', 'cursor'],
    ['cursor=', 'cursor'],
    [`cursor=${Buffer.from('99999999999999999 x').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from(`999999999999999 ${'0'.repeat(36)}`).toString('base64url')}`, 'cursor'],
  ])('a feed with ?%s is refused', async (query, field) => {
    const { status, body } = await get(`/v1/feed?${query}`);
    expect([status, body.errors?.[0]?.field]).toEqual([400, field]);
  });

  it('ignores parameters that it does not know', async () => {
    expect((await get('/v1/feed?stray=1&stray=2')).status).toBe(200);
  });

  it.each(['nonsense', '123', '../../etc/passwd', '%00', `${'a'.repeat(500)}`])(
    'no message has the id %s',
    async (id) => {
      const token = herald.token('accessToken');
      expect((await call('GET', `${herald.url}/v1/messages/${encodeURIComponent(id)}`, { token })).status).toBe(404);
      const patch = { token: herald.jwtOf('dmurta'), body: { status: 'read' } };
      expect((await call('PATCH', `${herald.url}/v1/feed/${encodeURIComponent(id)}`, patch)).status).toBe(404);
    },
  );

  it.each([{}, { status: 'seen' }, { status: null }, { status: 'read', stray: 1 }, []])(
    'a status cannot be set by %j',
    async (body) => {
      const id = '123e4567-e89b-12d3-a456-426614174000';
      const answer = await call('PATCH', `${herald.url}/v1/feed/${id}`, { token: herald.jwtOf('dmurta'), body });
      expect(answer.status).toBe(400);
    },
  );
});

it('answers problem+json to those who ask for it', async () => {
  const answer = await post(aMessage({ title: '', recipientLogin: aLogin() }), { accept: 'application/problem+json' });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    type: 'about:blank',
    title: 'ValidationError',
    status: 400,
    detail: expect.stringContaining('message.title'),
    instance: '/v1/feed/ai',
  });
});
