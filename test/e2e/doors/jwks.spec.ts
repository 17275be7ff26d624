import { generateKeyPairSync } from 'node:crypto';
import { call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { JwksServer, jwtOf, rsa, rsaKey } from '../../support/jwt.js';

type Key = ReturnType<typeof rsaKey>;

/** The gateway waits 2 s for an issuer; a busy machine adds to that. */
const NO_HANG_MS = 5000;
/** It asks at most every 2 s. */
const SOON_MS = 20_000;

const first = rsaKey('first');
const second = rsaKey('second');
const third = rsaKey('third');
const servers: JwksServer[] = [];

const issuer = async (...keys: Key[]) => {
  const server = new JwksServer(keys.map(({ jwk }) => jwk));
  servers.push(server);
  await server.start();
  return server;
};

let herald: Herald;
beforeAll(async () => {
  herald = await Herald.start({ services: [], env: { JWT_SECRET: '', JWT_ALGORITHM: 'RS256' } });
});
afterAll(async () => {
  await herald.stop();
  for (const server of servers) await server.stop();
});

/** A gateway that trusts `server`'s keys. */
const gatewayOf = ({ url }: JwksServer, refreshMs = 300_000) =>
  herald.startService('gateway', { env: { JWT_JWKS_URL: url, JWT_JWKS_REFRESH_MS: String(refreshMs) } }, url);

const tokenOf = (key: Key, header: object = { kid: key.kid }) => {
  const { issuer: iss, userAudience: aud } = herald.demo.jwt;
  const claims = { iss, aud, exp: Date.now() / 1000 + 300, sub: 'dmurta', company_id: herald.company.id };
  return jwtOf({ alg: 'RS256', ...header }, claims, rsa(key.privateKey));
};

const ask = ({ url }: { url: string }, token: string) => call('GET', `${url}/v1/feed`, { token });
const statusOf = async (gateway: { url: string }, token: string) => (await ask(gateway, token)).status;

async function inTime<T>(work: Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await work;
  expect(Date.now() - started).toBeLessThan(NO_HANG_MS);
  return result;
}

it('lets in who signed with a key of the issuer, once fetched for thousands of requests', async () => {
  const server = await issuer(first, second);
  const gateway = await gatewayOf(server);
  for (const key of [first, second, first]) expect(await statusOf(gateway, tokenOf(key))).toBe(200);
  expect(server.asked).toBe(1);
});

it('refuses a kid that names another key than the one that signed, and a key that no kid names among several', async () => {
  const gateway = await gatewayOf(await issuer(first, second));
  expect(await statusOf(gateway, tokenOf(first, { kid: 'second' }))).toBe(401);
  expect(await statusOf(gateway, tokenOf(third, { kid: 'first' }))).toBe(401);
  expect(await statusOf(gateway, tokenOf(first, {}))).toBe(401);
  expect(await statusOf(gateway, tokenOf(first, { kid: ['first'] }))).toBe(401);
  expect(await statusOf(gateway, tokenOf(first, { kid: '../../first' }))).toBe(401);
});

it('learns a new key when a token names it, and forgets one that the issuer withdrew', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server, 1000);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
  server.keys = [first.jwk, second.jwk];
  await eventually(async () => (await statusOf(gateway, tokenOf(second))) === 200, SOON_MS);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
  server.keys = [second.jwk];
  await eventually(async () => (await statusOf(gateway, tokenOf(first))) === 401, SOON_MS);
  expect(await statusOf(gateway, tokenOf(second))).toBe(200);
});

it('does not let strangers make it ask the issuer again and again', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
  const started = Date.now();
  const tokens = Array.from({ length: 100 }, (_, index) => tokenOf(third, { kid: `unknown-${index}` }));
  expect(new Set(await Promise.all(tokens.map((token) => statusOf(gateway, token))))).toEqual(new Set([401]));
  expect(server.asked).toBeLessThanOrEqual(2 + (Date.now() - started) / 2000);
});

it('tries each of several keys that have no kid, or the same one', async () => {
  const nameless = [first, second].map(({ jwk }) => ({ ...jwk, kid: undefined as never }));
  const gateway = await gatewayOf(await issuer(...nameless.map((jwk) => ({ ...first, jwk })), third));
  for (const key of [first, second]) {
    expect(await statusOf(gateway, tokenOf(key, {}))).toBe(200);
    expect(await statusOf(gateway, tokenOf(key))).toBe(200);
  }
  expect(await statusOf(gateway, tokenOf(third))).toBe(200);
  expect(await statusOf(gateway, tokenOf(rsaKey('fourth'), {}))).toBe(401);

  const same = [first, second].map(({ jwk }) => ({ ...jwk, kid: 'same' }));
  const twice = await gatewayOf(await issuer(...same.map((jwk) => ({ ...first, jwk }))));
  for (const key of [first, second]) expect(await statusOf(twice, tokenOf(key, { kid: 'same' }))).toBe(200);
  expect(await statusOf(twice, tokenOf(third, { kid: 'same' }))).toBe(401);
});

it('needs no kid where there is one key, and learns the one that takes its place', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server);
  expect(await statusOf(gateway, tokenOf(first, {}))).toBe(200);
  server.keys = [second.jwk];
  expect(await statusOf(gateway, tokenOf(second, {}))).toBe(200);
  expect(await statusOf(gateway, tokenOf(first, {}))).toBe(401);
});

it('lets a new key in at once, whatever strangers made it ask for just before', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server);
  for (const key of [second, third]) {
    expect(await statusOf(gateway, tokenOf(rsaKey('strange'), { kid: `strange-${key.kid}` }))).toBe(401);
    server.keys.push(key.jwk);
    expect(await inTime(statusOf(gateway, tokenOf(key)))).toBe(200);
  }
});

it('lets only some wait for the issuer, and sends the others a Retry-After', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server);
  server.hangs = true;
  const asked = Array.from({ length: 300 }, (_, index) => ask(gateway, tokenOf(third, { kid: `unknown-${index}` })));
  const answers = await Promise.all(asked);
  const busy = answers.filter(({ status }) => status === 503);
  expect(busy.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(300 - busy.length);
  for (const { headers } of busy) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
});

it('takes no key that is for something else, too short, or no secret any more, and the others all the same', async () => {
  const shown = (change: object, key = second) => ({ ...key, jwk: { ...key.jwk, ...change } });
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const unfit = [
    shown({ use: 'enc' }),
    shown({ alg: 'PS256' }),
    shown({ key_ops: ['encrypt'] }),
    shown({ ...second.privateKey.export({ format: 'jwk' }) }),
    shown({ kty: 'oct', k: 'c2VjcmV0' }),
    shown({ n: 'no number' }),
    shown(weak.publicKey.export({ format: 'jwk' }), third),
    { ...second, jwk: null as never },
  ];
  const gateway = await gatewayOf(await issuer(...unfit, first));
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
  expect(await statusOf(gateway, tokenOf(second))).toBe(401);
  expect(await statusOf(gateway, tokenOf({ ...third, privateKey: weak.privateKey }))).toBe(401);
  expect(await statusOf(await gatewayOf(await issuer(shown({}))), tokenOf(second))).toBe(200);
});

it('reads no more than a set of keys may hold', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server, 1000);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
  server.keys = [second.jwk, { kid: 'x'.repeat(2 * 1024 * 1024) }];
  expect(await inTime(statusOf(gateway, tokenOf(second)))).toBe(401);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
});

it('makes no fault of a stranger who hangs up while the issuer is asked', async () => {
  const server = await issuer(first);
  const gateway = await gatewayOf(server);
  expect(await statusOf(gateway, tokenOf(first))).toBe(200);
  server.hangs = true;
  const leaving = new AbortController();
  const asked = server.asked;
  const left = Array.from({ length: 5 }, (_, index) =>
    fetch(`${gateway.url}/v1/feed`, {
      headers: { authorization: `Bearer ${tokenOf(third, { kid: `unknown-${index}` })}` },
      signal: leaving.signal,
    }).catch(() => 'gone'),
  );
  await eventually(() => server.asked > asked);
  leaving.abort();
  expect(await Promise.all(left)).toEqual(left.map(() => 'gone'));
  // This one waits for the answer after that which they waited for.
  expect(await statusOf(gateway, tokenOf(third, { kid: 'later' }))).toBe(401);
  expect(await (await fetch(gateway.metricsUrl)).text()).not.toMatch(/^herald_http_faults_total\{/m);
  expect(gateway.log).not.toMatch(/"level":[56]0/);
});

describe('while the issuer does not answer', () => {
  it.each([
    ['hangs', async (server: JwksServer) => void (server.hangs = true)],
    ['is away', (server: JwksServer) => server.stop()],
    ['shows something else', async (server: JwksServer) => void (server.keys = null as never)],
  ])('%s: known keys go on holding, and unknown ones are 401 without a hang', async (how, breakIt) => {
    const server = await issuer(first);
    const gateway = await gatewayOf(server);
    expect(await statusOf(gateway, tokenOf(first))).toBe(200);
    await breakIt(server);
    // The first of them may fetch the keys, or learn that they were fetched just now.
    const asked = server.asked;
    await eventually(async () => {
      expect(await inTime(statusOf(gateway, tokenOf(third)))).toBe(401);
      return how === 'is away' || server.asked > asked;
    }, SOON_MS);
    expect(await inTime(statusOf(gateway, tokenOf(first)))).toBe(200);
  });

  it('from the start: an honest 503 with Retry-After for tokens alone, until it does', async () => {
    const server = await issuer(first);
    await server.stop();
    const gateway = await gatewayOf(server);
    const answer = await inTime(ask(gateway, tokenOf(first)));
    expect(answer).toMatchObject({ status: 503, body: { error: 'ServiceUnavailable', statusCode: 503 } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.stringify(answer.body)).not.toContain(server.url);
    const { privateKey } = rsaKey('first');
    expect(await statusOf(gateway, jwtOf({ alg: 'none', kid: 'first' }, {}, null))).toBe(401);
    expect(await statusOf(gateway, jwtOf({ alg: 'RS256', jwk: first.jwk }, {}, rsa(privateKey)))).toBe(401);
    const token = herald.token('unlimitedAccessToken');
    expect((await call('GET', `${gateway.url}/team-notifications`, { token })).status).toBe(200);
    await server.start();
    await eventually(async () => (await statusOf(gateway, tokenOf(first))) === 200, SOON_MS);
  });
});
