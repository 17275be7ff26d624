import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';

const PAGE = 'https://app.example.com';

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
  await herald.startService('gateway', { env: { CORS_ORIGINS: `${PAGE},https://other.example.com` } }, 'for pages');
});
afterAll(() => herald.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  call('GET', `${herald.url}${path}`, { token: herald.token('unlimitedApiKey'), headers });

describe('every answer', () => {
  it.each([
    ['a good one', '/team-notifications', 200],
    ['a refusal', '/team-notifications?limit=0', 400],
    ['that of an unknown path', '/nowhere', 404],
    ['health', '/health/live', 200],
  ])('keeps browsers and caches from mischief: %s', async (_, path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(answer.headers.has('x-powered-by')).toBe(false);
    expect(answer.headers.has('server')).toBe(false);
  });

  it('has the id that the client gave its request, in the envelope too', async () => {
    const answer = await get('/nowhere', { 'x-request-id': 'order-17/attempt:2' });
    expect(answer.headers.get('x-request-id')).toBe('order-17/attempt:2');
    expect(answer.body.requestId).toBe('order-17/attempt:2');
  });

  it.each(['', 'two words', 'ü'.repeat(3), 'x'.repeat(129), '"quoted"', '<script>'])(
    'has an id of its own when the given one is %p',
    async (given) => {
      const answer = await get('/health/live', { 'x-request-id': given });
      expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
    },
  );

  it('carries the trace it was asked in, when that is one', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect((await get('/health/live', { traceparent })).headers.get('traceparent')).toBe(traceparent);
    for (const broken of [
      traceparent.toUpperCase(),
      traceparent.replace(/[1-9a-f]/g, '0'),
      'x',
      `${traceparent}\t-x`,
    ]) {
      const answer = await get('/health/live', { traceparent: broken });
      expect([answer.status, answer.headers.get('traceparent')]).toEqual([200, null]);
    }
  });
});

describe('pages of other origins', () => {
  const preflight = (url: string, origin: string) =>
    call('OPTIONS', `${url}/v1/feed`, {
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    });

  it('may not call unless they are configured', async () => {
    const answer = await get('/health/live', { origin: PAGE });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    const asked = await preflight(herald.url, PAGE);
    expect([asked.status, asked.headers.has('access-control-allow-origin')]).toEqual([401, false]);
  });

  it('may call when they are, and read errors and ids', async () => {
    const { url } = herald.service('for pages');
    const asked = await preflight(url, PAGE);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
    expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    const refused = await call('GET', `${url}/v1/feed`, { headers: { origin: PAGE } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, PAGE]);
    expect(refused.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
    expect(refused.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('may not call when others are', async () => {
    const { url } = herald.service('for pages');
    const answer = await call('GET', `${url}/health/live`, { headers: { origin: 'https://app.example.com.evil.io' } });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('are no way around a credential', async () => {
    const { url } = herald.service('for pages');
    for (const method of ['GET', 'PUT', 'PROPFIND']) {
      expect((await call(method, `${url}/v1/feed`, { headers: { origin: PAGE } })).status).toBe(401);
    }
  });
});

it('does not start with a nonsensical setting', async () => {
  const env = { CORS_ORIGINS: 'app.example.com', TRUSTED_PROXIES: '1', MAX_IN_FLIGHT: '0' };
  const end = await herald.startService('gateway', { env }, 'wrong').catch((error: Error) => error.message);
  for (const name of Object.keys(env)) expect(end).toContain(`${name}: must`);
});
