import { randomUUID } from 'node:crypto';
import { env } from '../../../apps/gateway/src/gateway.env.js';
import { type Answer, aLogin, aMessage, call } from '../../support/client.js';
import { Effects } from '../../support/effects.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import { type Attempt, KEYED_ROUTES } from './keyed-routes.js';

let herald: Herald;
let effects: Effects;
beforeAll(async () => {
  // Nothing is removed meanwhile: a key must be free on time whether or not its request is still there.
  const env = { RETENTION_EVERY_MS: '86400000', MERCHANT_ANSWERED_EVENTS: 'on' };
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'], env });
  await herald.query(
    `update notification_types set allow_multiple_answers = true where name = 'user_question_request'`,
  );
  effects = await Effects.noted(herald);
}, 120_000);
afterAll(() => herald?.stop());

const HOURS = 48;
const HOUR_MS = 3_600_000;
const aKey = () => ({ 'idempotency-key': randomUUID() });
const routes = KEYED_ROUTES.map(({ route, prepare }) => [route, prepare] as const);

/** On a busy machine a command may meet a 503 or a 504: a retry with the key is safe (contracts README, "Commands"). */
async function send(route: string, { path, token, body }: Attempt, headers = {}, url = herald.url): Promise<Answer> {
  for (;;) {
    const answer = await call(route.split(' ')[0] as string, url + path, { token, body, headers });
    if (answer.status !== 503 && answer.status !== 504) return answer;
  }
}
const isReplayed = ({ headers }: Answer) => headers.get('idempotent-replayed') === 'true';
const endOf = ({ headers }: Answer) => headers.get('idempotency-expires');

/** Lets hours pass for all requests so far. */
const later = (hours: number) =>
  herald.query(`update requests set created_at = created_at - $1 * interval '1 hour'`, [hours]);
const stored = async () => (await herald.query<{ count: number }>('select count(*)::int from requests'))[0]?.count;
/** Waits until nothing is owed but events, which have no consumer here. */
const settled = () =>
  eventually(
    async () => (await herald.query(`select from outbox where queue not like 'merchant-answers.%'`)).length === 0,
  );

describe.each(routes)('%s', (route, prepare) => {
  it('says until when its key is remembered, and the same when it is replayed', async () => {
    const attempt = await prepare(herald);
    const headers = aKey();
    const before = Date.now();
    const first = await send(route, attempt, headers);
    const end = Date.parse(endOf(first) as string);
    expect(end).toBeGreaterThanOrEqual(before + HOURS * HOUR_MS - 1000);
    expect(end).toBeLessThanOrEqual(Date.now() + HOURS * HOUR_MS + 1000);
    const again = await send(route, attempt, headers);
    expect([isReplayed(again), endOf(again)]).toEqual([true, endOf(first)]);
    await later(24);
    const inBetween = await send(route, attempt, headers);
    expect([isReplayed(inBetween), endOf(inBetween)]).toEqual([true, new Date(end - 24 * HOUR_MS).toISOString()]);
  });

  it('says nothing of it without a key', async () => {
    const answer = await send(route, await prepare(herald));
    expect([answer.status < 300, endOf(answer)]).toEqual([true, null]);
  });
});

/** Those that may be repeated: what was deleted, seen, or marked with all others once is so for good. */
const repeatable = routes.filter(([route]) => !/^DELETE|-all|seen/.test(route));

describe.each(repeatable)('%s, once the time of its key is over', (route, prepare) => {
  it.each([
    ['another body', true],
    ['the same body', false],
  ])('has another effect with %s, and another id', async (_, isOther) => {
    const attempt = await prepare(herald);
    const headers = aKey();
    const first = await send(route, attempt, headers);
    await settled();
    await herald.query(`delete from outbox`);
    await later(HOURS + 1);
    const next = isOther ? { ...attempt, body: attempt.otherBody } : attempt;
    const second = await send(route, next, headers);
    expect([second.status, isReplayed(second)]).toEqual([first.status, false]);
    expect(Date.parse(endOf(second) as string)).toBeGreaterThan(Date.now() + (HOURS - 1) * HOUR_MS);
    await settled();
    await herald.query(`delete from outbox`);
    // The other batch has four messages, and a recipient has a status once.
    const sameStatus = !isOther && route.startsWith('PATCH /team-notifications');
    const times = sameStatus ? 1 : isOther && route.endsWith('batch') ? 6 : 2 * attempt.times;
    expect(await effects.count(attempt.effect, attempt.mark)).toBe(times);

    const replayed = await send(route, next, headers);
    expect([replayed.status, isReplayed(replayed), replayed.body]).toEqual([second.status, true, second.body]);
    expect(replayed.headers.get('x-correlation-id')).toBe(second.headers.get('x-correlation-id'));
    const old = await send(route, isOther ? attempt : { ...attempt, body: attempt.otherBody }, headers);
    expect(old.status).toBe(422);
    expect(await effects.count(attempt.effect, attempt.mark)).toBe(times);
  });
});

describe('a key whose time is over', () => {
  const mailbox = () => ({ path: '/v1/feed/ai', token: herald.token('unlimitedAccessToken') });
  const anAttempt = (login: string): Attempt => ({
    ...mailbox(),
    body: aMessage({ recipientLogin: login }),
    effect: 'insert feed_messages',
    mark: login,
    times: 1,
  });

  it('names another message, and both can be followed', async () => {
    const attempt = anAttempt(aLogin());
    const headers = aKey();
    const first = await send('POST', attempt, headers);
    await settled();
    await later(HOURS + 1);
    const second = await send('POST', attempt, headers);
    await settled();
    const ids = [first, second].map(({ body }) => body.correlationId as string);
    expect(new Set(ids).size).toBe(2);
    expect(second.headers.get('x-correlation-id')).toBe(ids[1]);
    const delivered = await herald.query<{ id: string }>('select id from feed_messages where id = any($1)', [ids]);
    expect(delivered.map(({ id }) => id).sort()).toEqual(ids.sort());
    for (const id of ids) {
      const trace = await call('GET', `${herald.url}/v1/messages/${id}`, {
        token: herald.token('unlimitedAccessToken'),
      });
      expect([trace.status, trace.body.state]).toEqual([200, 'delivered']);
    }
    expect(await herald.query('select from dead_letters')).toEqual([]);
  });

  it('has one effect when it comes 50 times at once', async () => {
    const attempt = anAttempt(aLogin());
    const headers = aKey();
    await send('POST', attempt, headers);
    await settled();
    await later(HOURS + 1);
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('POST', attempt, headers)));
    const outcomes = answers.map(({ status, body }) => `${status} ${body.correlationId ?? body.message}`);
    expect([...new Set(outcomes)]).toEqual([expect.stringMatching(/^202 [0-9a-f-]{36}$/)]);
    await settled();
    const rows = await herald.query('select from feed_messages where recipient_login = $1', [attempt.mark]);
    expect(rows).toHaveLength(2);
  });

  it('of an answer gives the event another id too', async () => {
    const merchant = new Merchant(herald);
    const id = await merchant.open();
    const headers = aKey();
    await merchant.answer(id, { answer: 'Yes' }, headers);
    await later(HOURS + 1);
    expect((await merchant.answer(id, { answer: 'No' }, headers)).status).toBe(200);
    const events = await herald.query<{ id: string; answer: unknown }>(
      `select id, body -> 'answer' as answer from outbox
        where queue = 'merchant-answers.answered' and (body -> 'notification' ->> 'id')::bigint = $1 order by accepted_at`,
      [id],
    );
    expect(events.map(({ answer }) => answer)).toEqual([{ answer: 'Yes' }, { answer: 'No' }]);
    expect(new Set(events.map((event) => event.id)).size).toBe(2);
  });

  describe('while its messages are owed', () => {
    beforeAll(() => herald.service('delivery').stop());
    afterAll(() => herald.startService('delivery'));

    it.each([
      ['one', '/v1/feed/ai', (message: object) => message],
      ['a batch', '/v1/feed/ai/batch', (message: object) => ({ messages: [message, message] })],
    ])('is in use: %s', async (_, path, bodyOf) => {
      const login = aLogin();
      const body = bodyOf(aMessage({ recipientLogin: login }));
      const attempt: Attempt = { ...mailbox(), path, body, effect: '', mark: login, times: 1 };
      const headers = aKey();
      const first = await send('POST', attempt, headers);
      await later(10 * HOURS);
      const old = randomUUID();
      await herald.query(
        `insert into requests (id, body_hash, created_at) values ($1, '', now() - interval '49 hours')`,
        [old],
      );
      const gateway = await herald.startService('gateway', { env: { RETENTION_EVERY_MS: '100' } }, 'removes');
      // It removes what is old and not owed.
      await eventually(async () => (await herald.query('select from requests where id = $1', [old])).length === 0);
      const again = await send('POST', attempt, headers);
      expect([again.status, isReplayed(again), again.body]).toEqual([202, true, first.body]);
      const other = { ...attempt, body: bodyOf(aMessage({ recipientLogin: login, title: 'other' })) };
      expect((await send('POST', other, headers)).status).toBe(422);
      await gateway.stop();
    });
  });

  it('is removed together with its answer, and then free as well', async () => {
    await settled();
    const attempt = anAttempt(aLogin());
    const headers = aKey();
    await send('POST', attempt, headers);
    await settled();
    await later(HOURS + 1);
    const young = anAttempt(aLogin());
    const youngKey = aKey();
    await send('POST', young, youngKey);
    const gateway = await herald.startService('gateway', { env: { RETENTION_EVERY_MS: '100' } }, 'removes too');
    await eventually(async () => (await stored()) === 1, 20_000);
    const figures = await Figures.of(gateway);
    expect(figures.sum('herald_retention_removed_total', { table: 'requests' })).toBeGreaterThan(0);
    expect(figures.sum('herald_retention_oldest_seconds', { kind: 'requests' })).toBeLessThan(3600);
    expect(isReplayed(await send('POST', young, youngKey))).toBe(true);
    expect(isReplayed(await send('POST', attempt, headers))).toBe(false);
    await settled();
    expect(await herald.query('select from feed_messages where recipient_login = $1', [attempt.mark])).toHaveLength(2);
    await gateway.stop();
  });
});

describe('REQUEST_HOURS', () => {
  const needed = { DATABASE_URL: 'postgres://x', REDIS_URL: 'redis://x', QUEUE_SECRET: 'x'.repeat(32) };
  const jwt = { JWT_ISSUER: 'x', JWT_SECRET: 'x'.repeat(32), JWT_ALGORITHM: 'HS256' };
  const audiences = { JWT_USER_AUDIENCE: 'u', JWT_MERCHANT_AUDIENCE: 'm' };

  it('is refused below 24 when a gateway starts', () => {
    const start = (REQUEST_HOURS: string) => env({ ...needed, ...jwt, ...audiences, REQUEST_HOURS });
    expect(() => start('23')).toThrow('REQUEST_HOURS: must be at least 24');
    expect(start('24').REQUEST_HOURS).toBe(24);
  });

  it('is the time that the answers name', async () => {
    const gateway = await herald.startService('gateway', { env: { REQUEST_HOURS: '72' } }, 'long memory');
    const route = 'POST /v1/feed/read-all';
    const attempt = await (KEYED_ROUTES.find((each) => each.route === route) as (typeof KEYED_ROUTES)[0]).prepare(
      herald,
    );
    const end = endOf(await send(route, attempt, aKey(), gateway.url)) as string;
    expect(Date.parse(end)).toBeGreaterThan(Date.now() + 71 * HOUR_MS);
    await gateway.stop();
  });
});

describe('a gateway that gives a key no other id', () => {
  it('is caught: what is sent under a used key reaches nobody', async () => {
    const preload = brokenBuild('gateway/ids-used-twice');
    const gateway = await herald.startService('gateway', { preload }, 'broken gateway');
    const login = aLogin();
    const [body, otherBody] = ['one', 'two'].map((title) => aMessage({ recipientLogin: login, title }));
    const attempt = { path: '/v1/feed/ai', token: herald.token('unlimitedAccessToken') };
    const headers = aKey();
    await call('POST', gateway.url + attempt.path, { ...attempt, body, headers });
    await settled();
    await later(HOURS + 1);
    await call('POST', gateway.url + attempt.path, { ...attempt, body: otherBody, headers });
    await settled();
    expect(await herald.query('select from feed_messages where recipient_login = $1', [login])).toHaveLength(1);
  });
});
