import { call } from '../../support/client.js';
import { Herald } from '../../support/herald.js';
import { hmac, jwtOf } from '../../support/jwt.js';
import { brokenBuild, preload } from '../../support/preloads.js';
import { sendRaw } from '../../support/raw-http.js';
import { closeConnections, isOpen, pathOf, type Route, routesOf, spellingsOf, statusOf } from '../../support/routes.js';
import type { Service } from '../../support/service.js';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'QUERY', 'PROPFIND'];
/** Requests under way at once. */
const ABREAST = 16;

let herald: Herald;
let gateway: Service;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  gateway = await herald.startService('gateway', { preload: preload('show-routes') });
});
afterAll(async () => {
  closeConnections();
  await herald.stop();
});

interface Attempt {
  method: string;
  path: string;
  headers?: Record<string, string>;
}

/** The attempts that are answered otherwise than 401. */
async function entered({ url }: Service, attempts: Attempt[]): Promise<string[]> {
  const seen: string[] = [];
  const rest = attempts.values();
  const walk = async () => {
    for (const attempt of rest) {
      const status = await statusOf(url, attempt);
      if (status !== 401) seen.push(`${attempt.method} ${attempt.path} ${JSON.stringify(attempt.headers)}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, walk));
  return seen;
}

const closed = (service: Service) => routesOf(service).filter((route) => !isOpen(route));

const forged = () => {
  const { issuer: iss, userAudience: aud } = herald.demo.jwt;
  const claims = {
    iss,
    aud,
    exp: Date.now() / 1000 + 60,
    sub: 'dmurta',
    company_id: herald.company.id,
    merchant_id: 1,
  };
  return jwtOf({ alg: 'HS256' }, claims, hmac('a secret of 32 bytes that is not ours'));
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** One of each kind who is known, and may do all that their kind may. */
const holders = () => ({
  credential: herald.token('unlimitedApiKey'),
  person: herald.jwtOf('dmurta'),
  merchant: herald.company.merchants[0]!.jwt,
});

/** Headers of unauthenticated callers: without a credential, and with invalid ones. */
const strangers = (): Record<string, string>[] => {
  const good = herald.token('unlimitedApiKey');
  return [
    {},
    bearer(forged()),
    bearer(`${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`),
    bearer(herald.token('revokedApiKey')),
    { 'x-api-key': herald.token('expiredApiKey') },
    { 'x-api-key': good.toUpperCase() },
    { 'x-api-key': `${good},${good}` },
    { 'x-api-key': good, authorization: `Bearer ${herald.token('unlimitedAccessToken')}` },
    { 'x-api-key': good, authorization: `Basic ${Buffer.from(`${good}:`).toString('base64')}` },
    { authorization: good },
    { authorization: `Basic ${Buffer.from(`x:${good}`).toString('base64')}` },
    { 'x-auth-token': good, cookie: `x-api-key=${good}; token=${good}` },
  ];
};

/** Requests that proxies and frameworks may mistake for others. */
const DISGUISES = [
  ...['GET', 'OPTIONS', 'HEAD'].flatMap((method) => [
    { 'x-http-method-override': method },
    { 'x-http-method': method, 'x-method-override': method },
  ]),
  { 'x-original-url': '/health/live', 'x-rewrite-url': '/health/live' },
  { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', host: 'localhost' },
  { origin: 'http://localhost', 'access-control-request-method': 'GET' },
];

/** Every route in every spelling, by every method and in every disguise, and every stranger at every route. */
const attemptsAt = (routes: Route[]): Attempt[] =>
  routes.flatMap((route) => {
    const { method } = route;
    const path = pathOf(route);
    const good = herald.token('unlimitedApiKey');
    const queries = [`x-api-key=${good}`, `api_key=${good}&token=${good}`, `access_token=${herald.jwtOf('dmurta')}`];
    return [
      ...spellingsOf(path).flatMap((spelling) => [
        { method, path: spelling },
        { method, path: spelling, headers: bearer(forged()) },
      ]),
      ...METHODS.flatMap((other) => [{}, ...DISGUISES].map((headers) => ({ method: other, path, headers }))),
      ...strangers().map((headers) => ({ method, path, headers })),
      ...queries.map((query) => ({ method, path: `${path}?${query}` })),
    ];
  });

it('knows the routes of all three products', () => {
  const routes = closed(gateway).map(({ method, pattern }) => `${method} ${pattern}`);
  expect(routes).toEqual(
    expect.arrayContaining([
      'POST /v1/feed/ai',
      'POST /v1/feed/ai/batch',
      'GET /v1/feed',
      'HEAD /v1/feed',
      'GET /v1/messages/:correlationId',
      'GET /team-notifications',
      'POST /team-notifications',
      'POST /api/v1/notification/:notification_id/answer',
      'DELETE /api/v1/notification/:notification_id',
    ]),
  );
});

it('answers 401 to strangers on every route but those of health and docs, however they write it', async () => {
  const attempts = attemptsAt(closed(gateway));
  expect(attempts.length).toBeGreaterThan(2000);
  expect(await entered(gateway, attempts)).toEqual([]);
});

it('answers 401 to strangers where there is no route, and 404 to everyone else', async () => {
  const paths = ['/', '/v1', '/v2/feed', '/admin', '/team-notifications/x/y/z/a', '/.env', '*', '/%', '/v1/feed/%zz'];
  const attempts = paths.flatMap((path) => strangers().map((headers) => ({ method: 'GET', path, headers })));
  expect(await entered(gateway, attempts)).toEqual([]);
  for (const token of Object.values(holders())) {
    for (const path of paths) {
      expect([path, await statusOf(gateway.url, { method: 'GET', path, headers: bearer(token) })]).toEqual([path, 404]);
    }
  }
});

it('leaves health and docs open, to be read, without a credential and with a wrong one', async () => {
  const open = routesOf(gateway).filter(isOpen);
  expect(open.map(({ pattern }) => pattern)).toEqual(
    expect.arrayContaining(['/health/live', '/health/ready', '/docs', '/openapi.json']),
  );
  expect(open.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
  for (const { method, pattern: path } of open) {
    for (const headers of strangers()) {
      expect([method, path, await statusOf(gateway.url, { method, path, headers })]).toEqual([method, path, 200]);
    }
  }
});

describe('of a caller who is known, before the body is read,', () => {
  const answered = async ({ method, pattern }: Route, token: string) => {
    const body = ['POST', 'PATCH'].includes(method) ? '{' : undefined;
    const headers = { ...bearer(token), ...(body && { 'content-type': 'application/json' }) };
    return [method, pattern, await statusOf(gateway.url, { method, path: pathOf({ pattern }), headers, body })];
  };

  const admitted = ({ access }: Route) => [access?.kind, access?.people && 'person', access?.merchants && 'merchant'];

  it('the kind is asked: another one is 401', async () => {
    for (const route of closed(gateway)) {
      for (const token of Object.entries(holders()).flatMap(([kind, each]) =>
        admitted(route).includes(kind) ? [] : [each],
      )) {
        expect(await answered(route, token)).toEqual([route.method, route.pattern, 401]);
      }
    }
  });

  it('the scope is asked of people too: without it 403', async () => {
    const forPeople = closed(gateway).filter(({ access }) => access?.people === 'with scope');
    expect(forPeople.length).toBeGreaterThanOrEqual(8);
    for (const route of forPeople) {
      expect(await answered(route, holders().person)).toEqual([route.method, route.pattern, 403]);
      expect([route.pattern, route.access?.scope]).toEqual([route.pattern, 'agent-actions:read']);
    }
  });

  it('the scope is asked: without it 403', async () => {
    const scoped = closed(gateway).filter(({ access }) => access?.scope && access.scope !== 'agent-actions:read');
    expect(scoped.length).toBeGreaterThanOrEqual(6);
    for (const route of scoped) {
      expect(await answered(route, herald.token('readOnlyApiKey'))).toEqual([route.method, route.pattern, 403]);
    }
  });
});

describe('a body that is no good', () => {
  const json = 'application/json';
  const tooLarge = 9 * 1024 * 1024;

  it.each([
    ['malformed', 400, json, '{"a":', 5],
    ['empty', 400, json, '', 0],
    ['too large', 413, json, '', tooLarge],
    ['of another type', 415, 'text/xml', '<a/>', 4],
    ['of a type that is none', 415, 'a/b/c; =', '{}', 2],
  ])('is 401 from a stranger when it is %s, and %i from who may send it', async (_, status, type, body, length) => {
    const writes = closed(gateway).filter(({ method }) => ['POST', 'PATCH'].includes(method));
    // Two of them need no body: to send none is no mistake.
    for (const route of writes.filter(({ pattern }) => length > 0 || !/\/(read|archive)-all$/.test(pattern))) {
      const line = `${route.method} ${pathOf(route)}`;
      const head = `${line} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n`;
      const answer = async (authorization: string) =>
        (await sendRaw(gateway.url, `${head}${authorization}\r\n${body}`)).status;
      expect([line, await answer('')]).toEqual([line, 401]);
      expect([line, await answer(`Authorization: Bearer ${forged()}\r\n`)]).toEqual([line, 401]);
      expect([line, await answer(`Authorization: Bearer ${holders()[route.access!.kind]}\r\n`)]).toEqual([
        line,
        status,
      ]);
    }
  });
});

describe('deliberate violations', () => {
  it('a route that was left open is found by the walk; one that nobody said anything of is closed', async () => {
    const broken = await herald.startService(
      'gateway',
      { preload: brokenBuild('gateway/doors-left-open') },
      'left open',
    );
    const routes = closed(broken);
    expect(routes.map(({ pattern }) => pattern)).toEqual(expect.arrayContaining(['/left-open', '/left-alone']));
    const found = await entered(broken, attemptsAt(routes.filter(({ pattern }) => pattern.startsWith('/left-'))));
    expect(found).toContain('GET /left-open undefined: 200');
    expect(found.filter((each) => !decodeURI(each.split(' ')[1] as string).includes('left-open'))).toEqual([]);
    for (const token of Object.values(holders())) {
      for (const path of ['/left-alone', `/v1/messages/${herald.company.id}`]) {
        expect(await statusOf(broken.url, { method: 'GET', path, headers: bearer(token) })).toBe(401);
      }
    }
  });

  it('a gateway whose gate is missing lets nobody in', async () => {
    const broken = await herald.startService('gateway', { preload: brokenBuild('gateway/no-gate') }, 'no gate');
    for (const path of ['/v1/feed', '/team-notifications', '/api/v1/notification', '/health/live']) {
      for (const token of [undefined, ...Object.values(holders())]) {
        expect((await call('GET', `${broken.url}${path}`, { token })).status).toBe(401);
      }
    }
  });
});
