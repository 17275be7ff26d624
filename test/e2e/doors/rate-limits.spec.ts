import type { NewCredential } from '@herald/database';
import { Cluster } from 'ioredis';
import { aMessage, type Answer, call } from '../../support/client.js';
import { aCredential as aCredentialOf } from '../../support/credential.js';
import { eventually } from '../../support/eventually.js';
import { Herald, type StartOptions } from '../../support/herald.js';
import { Monitor } from '../../support/monitor.js';
import { brokenBuild } from '../../support/preloads.js';
import { redisAt } from '../../support/redis.js';

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
  redis = redisAt(herald.redisUrl);
});
afterAll(async () => {
  redis.disconnect();
  await herald.stop();
});

/** Each test has a credential of its own. */
const aCredential = (given?: Partial<NewCredential>) => aCredentialOf(herald, given);

const STATS = '/team-notifications/stats';
const get = (token: string, path = STATS, url = herald.url, headers = {}) =>
  call('GET', `${url}${path}`, { token, headers });

/** Asks `times` in a row and gives the statuses with how often each came. */
async function ask(times: number, token: string, path?: string) {
  const answers: Answer[] = [];
  for (let n = 0; n < times; n++) answers.push(await get(token, path));
  return answers;
}
const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status);

const keyOf = ({ id }: { id: string }, window: string) => `{${herald.namespace}:limit:${id}}:${window}`;

describe('a credential', () => {
  it('gets its limits, what is left and when the windows start again', async () => {
    const { token } = await aCredential();
    const [first, second] = await ask(2, token);
    expect(first?.headers.get('ratelimit-policy')).toBe('"burst";q=100;w=60, "hour";q=1000;w=3600');
    expect(first?.headers.get('ratelimit')).toBe('"burst";r=99;t=60, "hour";r=999;t=3600');
    expect(second?.headers.get('ratelimit')).toMatch(/^"burst";r=98;t=\d\d, "hour";r=998;t=3\d\d\d$/);
  });

  it('is refused in the documented way when nothing is left, until the window is over', async () => {
    const credential = await aCredential({ limitPerMinute: 3 });
    await ask(2, credential.token);
    await redis.pexpire(keyOf(credential, 'burst'), 2500);
    const [last, refused, again] = await ask(3, credential.token);
    expect(statusesOf([last, refused, again] as Answer[])).toEqual([200, 429, 429]);
    expect(refused?.headers.get('ratelimit')).toMatch(/^"burst";r=0;t=[123], "hour";r=997;t=3\d\d\d$/);
    expect(refused?.headers.get('retry-after')).toMatch(/^[123]$/);
    expect(refused?.body).toEqual({
      error: 'TooManyRequests',
      message: 'Rate limit exceeded',
      statusCode: 429,
      timestamp: expect.any(String),
      path: STATS,
      requestId: refused?.headers.get('x-request-id'),
    });
    const after = await eventually(async () => {
      const answer = await get(credential.token);
      return answer.status === 200 && answer;
    });
    // Requests that were refused meanwhile took nothing.
    expect(after.headers.get('ratelimit')).toMatch(/^"burst";r=2;t=60, "hour";r=996;t=3\d\d\d$/);
  });

  it('is refused by the hour while its minute has room', async () => {
    const { token } = await aCredential({ limitPerMinute: 5, limitPerHour: 2 });
    const answers = await ask(3, token);
    expect(statusesOf(answers)).toEqual([200, 200, 429]);
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(3500);
    expect(answers[2]?.headers.get('ratelimit')).toMatch(/^"burst";r=3;t=\d\d, "hour";r=0;t=3\d\d\d$/);
  });

  it('has the limits of its own, or none', async () => {
    const [own, none, hourOnly] = await Promise.all([
      aCredential({ limitPerMinute: 7, limitPerHour: 70 }),
      aCredential({ limitPerMinute: 0, limitPerHour: 0 }),
      aCredential({ limitPerMinute: 0 }),
    ]);
    const policies = [];
    for (const { token } of [own, none, hourOnly]) {
      policies.push((await get(token)).headers.get('ratelimit-policy'));
    }
    expect(policies).toEqual(['"burst";q=7;w=60, "hour";q=70;w=3600', null, '"hour";q=1000;w=3600']);
  });

  it('has a window that opens with its first request', async () => {
    const credential = await aCredential();
    expect(await redis.exists(keyOf(credential, 'burst'))).toBe(0);
    await get(credential.token);
    const ttl = await redis.pttl(keyOf(credential, 'burst'));
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
    await get(credential.token);
    expect(await redis.pttl(keyOf(credential, 'burst'))).toBeLessThan(ttl);
  });

  it('shares its limits with no other', async () => {
    const [one, other] = await Promise.all([aCredential({ limitPerMinute: 1 }), aCredential({ limitPerMinute: 1 })]);
    expect(statusesOf(await ask(2, one.token))).toEqual([200, 429]);
    expect(statusesOf(await ask(1, other.token))).toEqual([200]);
  });
});

describe('counted is', () => {
  const left = (answer: Answer) => Number(/"burst";r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]);
  const send = (token: string, path: string, body: unknown, headers = {}) =>
    call('POST', `${herald.url}${path}`, { token, body, headers });
  const batch = (count: number) => ({ messages: Array.from({ length: count }, () => aMessage()) });

  it.each([
    ['a good request', 200, (token: string) => get(token)],
    ['one that is refused for what it asks', 400, (token: string) => get(token, '/team-notifications?limit=0')],
    ['one for what is not there', 404, (token: string) => get(token, '/team-notifications/x')],
    ['one for an unknown path', 404, (token: string) => get(token, '/nowhere')],
    ['one with another method', 405, (token: string) => call('PUT', `${herald.url}${STATS}`, { token })],
    ['one with a body that is no JSON', 400, (token: string) => send(token, '/v1/feed/ai', '{')],
    ['one with a body that is too large', 413, (token: string) => send(token, '/v1/feed/ai', 'x'.repeat(70_000))],
    ['a batch that is no JSON', 400, (token: string) => send(token, '/v1/feed/ai/batch', '{')],
    ['a batch that is none', 400, (token: string) => send(token, '/v1/feed/ai/batch', { messages: [] })],
    [
      'a batch in another type',
      415,
      (token: string) => send(token, '/v1/feed/ai/batch', 'x', { 'content-type': 'text/x' }),
    ],
  ])('%s', async (_, status, request) => {
    const { token } = await aCredential();
    const answer = await request(token);
    expect([answer.status, left(answer)]).toEqual([status, 99]);
    expect(left(await get(token))).toBe(98);
  });

  it('one without the scope, also for a batch', async () => {
    const { token } = await aCredential({ scopes: ['agent-actions:read'] });
    expect((await call('GET', `${herald.url}/v1/messages/x`, { token })).status).toBe(403);
    expect((await send(token, '/v1/feed/ai/batch', batch(50))).status).toBe(403);
    expect(left(await get(token))).toBe(97);
  });

  it('each message of a batch, good or not', async () => {
    const { token } = await aCredential();
    const messages = [...batch(38).messages, {}, aMessage({ title: '' })];
    const answer = await send(token, '/v1/feed/ai/batch', { messages });
    expect([answer.status, left(answer)]).toEqual([202, 60]);
  });

  it('nothing of a batch for which there is no room', async () => {
    const { token } = await aCredential();
    await get(token);
    const answer = await send(token, '/v1/feed/ai/batch', batch(100));
    expect([answer.status, left(answer), answer.headers.has('retry-after')]).toEqual([429, 99, true]);
    expect((await send(token, '/v1/feed/ai/batch', batch(99))).status).toBe(202);
    expect((await get(token)).status).toBe(429);
  });

  it('one for a batch that is larger than the whole window, and says so', async () => {
    const { token } = await aCredential();
    const answer = await send(token, '/v1/feed/ai/batch', batch(101));
    expect([answer.status, left(answer), answer.headers.has('retry-after')]).toEqual([413, 99, false]);
    expect(answer.body).toMatchObject({ error: 'PayloadTooLarge', message: expect.stringMatching(/101.*100.*60 s/) });
  });

  it('nothing without a credential, and nothing of those who need none', async () => {
    for (const path of ['/health/live', STATS]) {
      const answer = await call('GET', `${herald.url}${path}`);
      expect(answer.headers.has('ratelimit')).toBe(false);
    }
  });

  it('no batch by its body once nothing is left: it is refused by its head', async () => {
    const { token } = await aCredential({ limitPerMinute: 1 });
    expect(statusesOf(await ask(1, token))).toEqual([200]);
    expect((await send(token, '/v1/feed/ai/batch', '{')).status).toBe(429);
  });
});

describe('people and merchants', () => {
  const jwts = () => [
    herald.jwtOf('dmurta'),
    herald.jwtOf('dmurta', herald.otherCompany),
    herald.company.merchants[0]?.jwt as string,
  ];
  const paths = ['/v1/feed', '/v1/feed', '/api/v1/notification/'];

  it('have no limit', async () => {
    const answer = await get(herald.jwtOf('dmurta'), '/v1/feed');
    expect([answer.status, answer.headers.has('ratelimit')]).toEqual([200, false]);
  });

  it('have one each when it is configured', async () => {
    const gateway = await herald.startService('gateway', { env: { JWT_LIMIT_PER_MINUTE: '2' } }, 'limited people');
    for (const [index, jwt] of jwts().entries()) {
      const answers = [];
      for (let n = 0; n < 3; n++) answers.push(await get(jwt, paths[index], gateway.url));
      expect(statusesOf(answers)).toEqual([200, 200, 429]);
      expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"burst";q=2;w=60');
    }
  });
});

describe('four gateways', () => {
  /** Sends 150 requests within a minute, as many to each gateway, and counts those that passed. */
  async function passed(options: StartOptions, name: string): Promise<number> {
    const gateways = await Promise.all(
      [1, 2, 3, 4].map((n) => herald.startService('gateway', options, `${name} ${n}`)),
    );
    const { token } = await aCredential();
    const answers = await Promise.all(Array.from({ length: 150 }, (_, n) => get(token, STATS, gateways[n % 4]?.url)));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    const statuses = new Set(statusesOf(answers));
    expect([...statuses].filter((status) => status !== 200 && status !== 429)).toEqual([]);
    return answers.filter(({ status }) => status === 200).length;
  }

  it('let exactly 100 of 150 requests pass', async () => {
    expect(await passed({}, 'sharing')).toBe(100);
  });

  it('would let all of them pass if each counted by itself', async () => {
    const preload = brokenBuild('gateway/count-alone');
    expect(await passed({ preload }, 'alone')).toBe(150);
  });
});

it('asks Redis at most once a request', async () => {
  const { token } = await aCredential();
  await get(token);
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const monitors = await Promise.all(nodes.map((node) => Monitor.of(node)));
  const commands = () =>
    monitors
      .flatMap(({ lines }) => lines)
      .filter((line) => line.includes(`${herald.namespace}:limit`) && !line.includes(' lua] '));
  await ask(5, token);
  await eventually(() => commands().length >= 5);
  for (const monitor of monitors) monitor.close();
  expect(commands().map((line) => /"(\w+)"/.exec(line)?.[1]?.toLowerCase())).toEqual(Array(5).fill('evalsha'));
});
