import { aMessage, call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { sendRaw } from '../../support/raw-http.js';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({
    services: ['gateway'],
    env: { REQUEST_TIMEOUT_MS: '1500', HEADERS_TIMEOUT_MS: '1000' },
  });
});
afterAll(() => herald.stop());

const bearer = () => `Authorization: Bearer ${herald.token('unlimitedAccessToken')}`;

const envelope = (status: number, error: string, path: string) => ({
  error,
  message: expect.stringMatching(/./),
  statusCode: status,
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  path,
  requestId: expect.stringMatching(/./),
});

describe('a request that never becomes one is answered in the envelope:', () => {
  const big = 'x'.repeat(20_000);
  const chunked = 'Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n';

  it.each([
    ['a path that is no URL', 'GET /v1/feed/%zz HTTP/1.1\r\nAUTH\r\nHost: x\r\n\r\n', 404, 'NotFound', '/v1/feed/%zz'],
    ['bytes that are no HTTP', '\u0016\u0003\u0001 hello\r\n\r\n', 400, 'ValidationError', ''],
    ['a method nobody knows', 'FETCH /v1/feed HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'ValidationError', '/v1/feed'],
    ['a header without a name', 'GET /v1/feed HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n', 400, 'ValidationError', '/v1/feed'],
    ['no Host', 'GET /v1/feed HTTP/1.1\r\n\r\n', 400, 'ValidationError', '/v1/feed'],
    [
      'two lengths',
      'POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'ValidationError',
      '/v1/feed/ai',
    ],
    [
      'a length and chunks',
      `POST /v1/feed/ai HTTP/1.1\r\n${chunked}Content-Length: 2\r\n\r\n`,
      400,
      'ValidationError',
      '/v1/feed/ai',
    ],
    [
      'a chunk that is none',
      `POST /v1/feed/ai HTTP/1.1\r\nAUTH\r\n${chunked}\r\nzz\r\n`,
      400,
      'ValidationError',
      '/v1/feed/ai',
    ],
    [
      'a head too large',
      `GET /v1/feed?a=1 HTTP/1.1\r\nHost: x\r\nX-Big: ${big}\r\n\r\n`,
      431,
      'RequestHeaderFieldsTooLarge',
      '/v1/feed',
    ],
    [
      'a path too long',
      `GET /v1/${big} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'RequestHeaderFieldsTooLarge',
      `/v1/${'x'.repeat(1997)}`,
    ],
    ['a head that never ends', 'GET /v1/feed HTTP/1.1\r\nHost: x\r\n', 408, 'RequestTimeout', ''],
    [
      'a body that never ends',
      'POST /v1/feed/ai HTTP/1.1\r\nAUTH\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      408,
      'RequestTimeout',
      '/v1/feed/ai',
    ],
    [
      'an expectation',
      'POST /v1/feed/ai HTTP/1.1\r\nHost: x\r\nExpect: gold\r\n\r\n',
      417,
      'ExpectationFailed',
      '/v1/feed/ai',
    ],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'MethodNotAllowed', 'example.com:443'],
  ])('%s', async (_, text, status, error, path) => {
    const answer = await sendRaw(herald.url, text.replace('AUTH', bearer()));
    expect(answer).toMatchObject({ status, body: envelope(status, error, path) });
    expect(answer.headers['content-type']).toMatch('application/json');
    expect(answer.headers['x-request-id']).toBe(answer.body.requestId);
  });
});

describe('with a credential', () => {
  const ask = (method: string, path: string) =>
    call(method, `${herald.url}${path}`, { token: herald.token('unlimitedAccessToken') });

  it.each([
    ['DELETE', '/v1/feed', 'GET, HEAD, PATCH'],
    ['PUT', '/v1/feed/', 'GET, HEAD, PATCH'],
    ['GET', '/v1/feed/ai', 'POST'],
    ['GET', '/v1/feed/read-all/', 'POST'],
    ['PATCH', '/v1/feed/seen?x=1', 'POST'],
    ['POST', '/v1/feed/00000000-0000-7000-8000-000000000000', 'GET, HEAD, PATCH'],
    ['PUT', '/team-notifications/stats?start_date=2024-01-01', 'GET, HEAD'],
    ['DELETE', '/team-notifications/nonsense', 'GET, HEAD'],
    ['GET', '/team-notifications/x/users/y/status', 'PATCH'],
    ['GET', '/api/v1/notification/123/answer', 'POST'],
    ['PATCH', '/api/v1/notification/', 'GET, HEAD'],
    ['PROPFIND', '/v1/messages/x', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('%s of %s is 405 and says what is allowed', async (method, path, allowed) => {
    const answer = await ask(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allowed);
    expect(answer.body).toMatchObject(envelope(405, 'MethodNotAllowed', path.split('?')[0] as string));
    expect('detail' in answer.body).toBe(path.startsWith('/api/v1/notification'));
  });

  it.each(['/', '/nowhere', '/v1/feed/ai/batch/more', '/V1/FEED', '//v1/feed', '/v1/feed;x', '/api/v1/notifications'])(
    'nothing is at %s: 404',
    async (path) => {
      const answer = await ask('GET', path);
      expect(answer).toMatchObject({ status: 404, body: envelope(404, 'NotFound', path) });
      expect(answer.headers.get('allow')).toBe(null);
    },
  );

  it('OPTIONS lists the allowed methods, and an unknown path allows none', async () => {
    const answer = await ask('OPTIONS', '/team-notifications?limit=1');
    expect([answer.status, answer.headers.get('allow'), answer.body]).toEqual([204, 'POST, GET, HEAD', undefined]);
    expect((await ask('OPTIONS', '/nowhere')).status).toBe(404);
  });

  it('HEAD is GET without a body', async () => {
    const { jwt } = herald.company.users[0] as { jwt: string };
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => call(method, `${herald.url}/v1/feed/unread-count`, { token: jwt })),
    );
    expect([head?.status, head?.body]).toEqual([200, undefined]);
    expect(head?.headers.get('content-length')).toBe(get?.headers.get('content-length'));
  });

  it.each(['POST', 'PUT', 'PROPFIND', 'OPTIONS'])(
    'and without one, %s of a known path is as closed as GET',
    async (method) => {
      expect((await call(method, `${herald.url}/v1/feed`)).status).toBe(401);
    },
  );
});

it('logs nothing of what clients do wrong, and no secret', async () => {
  const token = herald.token('unlimitedAccessToken');
  const post = (body: unknown, headers = {}) => call('POST', `${herald.url}/v1/feed/ai`, { token, body, headers });
  const statuses = [
    (await post('{')).status,
    (await post(aMessage({ title: '' }))).status,
    (await post(aMessage(), { 'content-type': 'text/plain' })).status,
    (await post('x'.repeat(70_000))).status,
    (await call('GET', `${herald.url}/nowhere`, { token })).status,
    (await call('GET', `${herald.url}/v1/feed`, { token: `${token}x` })).status,
  ];
  expect(statuses).toEqual([400, 400, 415, 413, 404, 401]);
  const log = herald
    .service('gateway')
    .log.split('\n')
    .filter((line) => /"level":(4|5|6)0/.test(line));
  expect(log).toEqual([]);
  expect(herald.service('gateway').log).not.toContain(token.split('_').at(-1));
});
