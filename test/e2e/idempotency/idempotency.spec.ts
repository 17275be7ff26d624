import { randomUUID } from 'node:crypto';
import { stringify } from 'safe-stable-stringify';
import { type Answer, aLogin, aMessage, call } from '../../support/client.js';
import { Effects } from '../../support/effects.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import type { Service } from '../../support/service.js';
import { type Attempt, KEYED_ROUTES } from './keyed-routes.js';

let herald: Herald;
let effects: Effects;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
  effects = await Effects.noted(herald);
}, 120_000);
afterAll(() => herald?.stop());

const methodOf = (route: string) => route.split(' ')[0] as string;
const aKey = () => ({ 'idempotency-key': randomUUID() });
const isReplayed = ({ headers }: Answer) => headers.get('idempotent-replayed') === 'true';
const routes = KEYED_ROUTES.map(({ route, prepare }) => [route, prepare] as const);
const withBodies = routes.filter(([route]) => !/DELETE|read-all/.test(route));

/** On a busy machine 100 at once may meet a 503 or a 504: a retry with the key is safe (contracts README, "Commands"). */
async function send(route: string, { path, token, body }: Attempt, headers = {}, url = herald.url): Promise<Answer> {
  for (;;) {
    const answer = await call(methodOf(route), url + path, { token, body, headers });
    if (answer.status !== 503 && answer.status !== 504) return answer;
  }
}

/** Makes 100 attempts at once under one key; returns their effect and responses, whatever the order of JSON keys. */
async function hundredAtOnce(route: string, attempt: Attempt, urls = [herald.url]) {
  const headers = aKey();
  const sent = Array.from({ length: 100 }, (_, n) => send(route, attempt, headers, urls[n % urls.length]));
  const answers = await Promise.all(sent);
  return {
    answers: new Set(answers.map(({ status, body }) => `${status} ${stringify(body)}`)).size,
    correlations: new Set(answers.map((answer) => answer.headers.get('x-correlation-id'))).size,
    // All hundred when the first one's answer came too late and its caller asked again.
    replayedButOne: answers.filter(isReplayed).length >= 99,
    good: answers.every(({ status }) => status < 300),
    effects: await effects.count(attempt.effect, attempt.mark),
  };
}

const ONE = { answers: 1, correlations: 1, replayedButOne: true, good: true };

describe.each(routes)('%s', (route, prepare) => {
  it('has one effect and one answer when it comes 100 times at once under one key', async () => {
    const attempt = await prepare(herald);
    expect(await hundredAtOnce(route, attempt)).toEqual({ ...ONE, effects: attempt.times });
  });

  it('gives its first answer again, and marks it as that', async () => {
    const attempt = await prepare(herald);
    const headers = aKey();
    const first = await send(route, attempt, headers);
    const again = await send(route, attempt, headers);
    expect([first.status < 300, isReplayed(first), isReplayed(again)]).toEqual([true, false, true]);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(again.headers.get('x-correlation-id')).toBe(first.headers.get('x-correlation-id'));
    expect(await effects.count(attempt.effect, attempt.mark)).toBe(attempt.times);
  });

  it('is the same route with another spelling of its path', async () => {
    const attempt = await prepare(herald);
    const headers = aKey();
    await send(route, attempt, headers);
    const last = attempt.path.at(-1) as string;
    const escaped = `${attempt.path.slice(0, -1)}%${last.codePointAt(0)?.toString(16)}`;
    for (const path of [`${attempt.path}/`, escaped]) {
      expect(isReplayed(await send(route, { ...attempt, path }, headers))).toBe(true);
    }
  });
});

describe.each(withBodies)('%s with another body under the same key', (route, prepare) => {
  it('is 422, and none of it has an effect', async () => {
    const attempt = await prepare(herald);
    const headers = aKey();
    const first = await send(route, attempt, headers);
    const other = await send(route, { ...attempt, body: attempt.otherBody }, headers);
    expect(other).toMatchObject({
      status: 422,
      body: { error: 'UnprocessableEntity', message: 'This Idempotency-Key was used with another body' },
    });
    expect(isReplayed(other)).toBe(false);
    expect((await send(route, attempt, headers)).body).toEqual(first.body);
    expect(await effects.count(attempt.effect, attempt.mark)).toBe(attempt.times);
  });

  it('is 422 also when both come at once', async () => {
    const attempt = await prepare(herald);
    const headers = aKey();
    const both = [attempt, { ...attempt, body: attempt.otherBody }];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => send(route, both[n % 2] as Attempt, headers)),
    );
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(10);
    const winner = answers.findIndex(({ status }) => status < 300) % 2;
    const times = winner === 1 && route.endsWith('batch') ? 4 : attempt.times;
    expect(await effects.count(attempt.effect, attempt.mark)).toBe(times);
  });
});

describe('a key', () => {
  it('works across a restart of the gateway, and at any other gateway', async () => {
    const headers = aKey();
    const attempts: { route: string; attempt: Attempt; first: Answer }[] = [];
    for (const { route, prepare } of KEYED_ROUTES) {
      const attempt = await prepare(herald);
      attempts.push({ route, attempt, first: await send(route, attempt, headers) });
    }
    await herald.service('gateway').stop();
    await herald.startService('gateway');
    const second = await herald.startService('gateway', {}, 'second gateway');
    for (const url of [herald.url, second.url]) {
      const again = await Promise.all(attempts.map(({ route, attempt }) => send(route, attempt, headers, url)));
      expect(again.map(({ status, body }) => [status, body])).toEqual(
        attempts.map(({ first: { status, body } }) => [status, body]),
      );
      expect(again.map(isReplayed)).toEqual(attempts.map(() => true));
    }
    for (const { attempt } of attempts) expect(await effects.count(attempt.effect, attempt.mark)).toBe(attempt.times);
  });

  it.each(routes)('has one effect when two gateways get it at once: %s', async (route, prepare) => {
    const attempt = await prepare(herald);
    const urls = [herald.url, herald.service('second gateway').url];
    expect(await hundredAtOnce(route, attempt, urls)).toEqual({ ...ONE, effects: attempt.times });
  });

  it('belongs to its credential, its person or its merchant', async () => {
    const headers = aKey();
    const dmurta = herald.jwtOf('dmurta');
    const question = { notification_type: 'user_question_request', context: { question: 'Open?' } };
    const [one, two] = [new Merchant(herald), new Merchant(herald, 1)];
    const callers: [string, string, string, unknown][] = [
      ['POST', '/v1/feed/ai', herald.token('unlimitedAccessToken'), aMessage()],
      ['POST', '/v1/feed/ai', herald.token('unlimitedApiKey'), aMessage({ title: 'another credential' })],
      [
        'POST',
        '/v1/feed/ai',
        herald.token('unlimitedApiKey', herald.otherCompany),
        aMessage({ title: 'another company' }),
      ],
      ['POST', '/v1/feed/read-all', dmurta, undefined],
      ['POST', '/v1/feed/read-all', herald.jwtOf('carla'), undefined],
      ['POST', '/v1/feed/read-all', herald.jwtOf('dmurta', herald.otherCompany), undefined],
      ['POST', '/api/v1/notification/request', one.token, { ...question, conversation_id: one.conversationId }],
      ['POST', '/api/v1/notification/request', two.token, { ...question, conversation_id: two.conversationId }],
    ];
    const ids = new Set<string | null>();
    for (const [method, path, token, body] of callers) {
      const answer = await call(method, herald.url + path, { token, body, headers });
      expect([path, answer.status < 300, isReplayed(answer)]).toEqual([path, true, false]);
      ids.add(answer.headers.get('x-correlation-id'));
    }
    expect(ids.size).toBe(callers.length);
  });

  it('belongs to its route', async () => {
    const headers = aKey();
    for (const { route, prepare } of KEYED_ROUTES) {
      const answer = await send(route, await prepare(herald), headers);
      expect([route, answer.status < 300, isReplayed(answer)]).toEqual([route, true, false]);
    }
  });
});

describe('the syntax of a key', () => {
  const post = (key: string | undefined, body = aMessage({ recipientLogin: aLogin() })) =>
    call('POST', `${herald.url}/v1/feed/ai`, {
      token: herald.token('unlimitedAccessToken'),
      body,
      headers: key === undefined ? {} : { 'idempotency-key': Buffer.from(key).toString('latin1') },
    });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['nothing between quotes', '""'],
    ['a blank within', 'a b'],
    ['a blank between quotes', '"a b"'],
    ['a tab within', 'a\tb'],
    ['a letter that is not ASCII', 'clé'],
    ['256 characters', 'x'.repeat(256)],
    ['256 characters between quotes', `"${'x'.repeat(256)}"`],
  ])('%s is none: 400', async (_, key) => {
    expect(await post(key)).toMatchObject({
      status: 400,
      body: { error: 'ValidationError', message: 'Idempotency-Key must be 1 to 255 visible ASCII characters' },
    });
  });

  it.each([
    ['one character', 'x'],
    ['255 characters', 'x'.repeat(255)],
    ['every visible character', Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join('')],
    ['a quote alone', '"'],
  ])('%s is one', async (_, key) => {
    const body = aMessage({ recipientLogin: aLogin() });
    const first = await post(key, body);
    expect([first.status, isReplayed(await post(key, body))]).toEqual([202, true]);
  });

  it.each([randomUUID(), 'y'.repeat(255)])('quoted and bare are the same key: %s', async (key) => {
    const body = aMessage({ recipientLogin: aLogin() });
    const bare = await post(key, body);
    const quoted = await post(`"${key}"`, body);
    expect([quoted.body, isReplayed(quoted)]).toEqual([bare.body, true]);
  });

  it('in another case is another key', async () => {
    const body = aMessage({ recipientLogin: aLogin() });
    const key = `key-${randomUUID()}`;
    expect(isReplayed(await post(key, body))).toBe(false);
    expect(isReplayed(await post(key.toUpperCase(), body))).toBe(false);
  });

  it('absent means that each request is one of its own', async () => {
    const body = aMessage({ recipientLogin: aLogin() });
    const [one, two] = [await post(undefined, body), await post(undefined, body)];
    expect(one.body.correlationId).not.toBe(two.body.correlationId);
  });
});

describe('the same body', () => {
  const login = aLogin();
  const sent = (text: string, key: object) =>
    call('POST', `${herald.url}/v1/feed/ai`, {
      token: herald.token('unlimitedAccessToken'),
      body: text,
      headers: { 'content-type': 'application/json', ...key },
    });
  const SENT = `{"message":{"title":"Olá","body":"b","authorLogin":"admin","recipientLogin":"${login}"},"metadata":{"n":10,"list":[1,2]}}`;

  it.each([
    ['with blanks between', SENT.replaceAll(':', ' : ').replaceAll(',', ',\n')],
    [
      'in another order of keys',
      `{"metadata":{"list":[1,2],"n":10},"message":{"recipientLogin":"${login}","body":"b","title":"Olá","authorLogin":"admin"}}`,
    ],
    ['with escapes', SENT.replace('Olá', '\\u004fl\\u00e1').replace('admin', '\\u0061dmin')],
    ['with numbers in another form', SENT.replace('"n":10', '"n":1.0e1').replace('[1,2]', '[1.0,20e-1]')],
    ['with a key twice, the last one counts', SENT.replace('"n":10', '"n":9,"n":10')],
    ['after a byte order mark', `\ufeff${SENT}`],
  ])('is equal JSON: %s', async (_, text) => {
    const key = aKey();
    const first = await sent(SENT, key);
    const again = await sent(text, key);
    expect([again.status, again.body, isReplayed(again)]).toEqual([202, first.body, true]);
  });

  it.each([
    ['a number as text', SENT.replace('"n":10', '"n":"10"')],
    ['a list in another order', SENT.replace('[1,2]', '[2,1]')],
    ['a field more that is null', SENT.replace('"body":"b"', '"body":"b","question":null')],
    ['a letter in two code points', SENT.replace('á', 'a\u0301')],
    ['a letter in another case', SENT.replace('"b"', '"B"')],
  ])('is not equal with %s', async (_, text) => {
    const key = aKey();
    await sent(SENT, key);
    expect((await sent(text, key)).status).toBe(422);
  });
});

describe('what had no effect does not burn its key', () => {
  it.each(withBodies)('%s with a bad body', async (route, prepare) => {
    const attempt = await prepare(herald);
    const headers = aKey();
    for (const bad of [
      { ...attempt, body: { stray: 1 } },
      { ...attempt, body: '[' },
      { ...attempt, body: [] },
    ]) {
      const refused = await send(route, bad, headers);
      expect([refused.status >= 400, isReplayed(refused)]).toEqual([true, false]);
    }
    const good = await send(route, attempt, headers);
    expect([good.status < 300, isReplayed(good)]).toEqual([true, false]);
    expect(await effects.count(attempt.effect, attempt.mark)).toBe(attempt.times);
  });

  it.each(routes.filter(([route]) => route.includes('{id}')))(
    '%s of something that is not there yet',
    async (route, prepare) => {
      const attempt = await prepare(herald);
      const headers = aKey();
      const table = attempt.effect.split(' ')[1] as string;
      const owner = { agent_action_recipients: 'agent_actions' }[table] ?? table;
      const hide = (from: string, to: string) =>
        herald
          .query(
            `update ${owner} set ${owner === 'notifications' ? 'merchant_id' : 'company_id'} = $2 where ${owner}::text like '%' || $1 || '%'`,
            [attempt.mark, to],
          )
          .then(() => from);
      const mine = owner === 'notifications' ? String(new Merchant(herald).id) : herald.company.id;
      await herald.query('alter table notifications drop constraint if exists notifications_conversation_fkey');
      await hide(mine, owner === 'notifications' ? '3' : herald.otherCompany.id);
      expect((await send(route, attempt, headers)).status).toBe(404);
      await hide('', mine);
      const good = await send(route, attempt, headers);
      expect([good.status, isReplayed(good)]).toEqual([200, false]);
    },
  );

  it('a send as an author that the credential may not use', async () => {
    const headers = aKey();
    const token = herald.token('authorLimitedToken');
    const as = (authorLogin: string) =>
      call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage({ authorLogin }), headers });
    expect((await as('carla')).status).toBe(403);
    const good = await as('admin');
    expect([good.status, isReplayed(good)]).toEqual([202, false]);
  });

  it('an answer that is refused', async () => {
    const merchant = new Merchant(herald);
    const id = await merchant.open();
    const headers = aKey();
    for (const body of [{}, { answer: '' }, { answer: 5 }, { answer: 'Yes', stray: 'x' }]) {
      expect((await merchant.answer(id, body, headers)).status).toBe(500);
    }
    const good = await merchant.answer(id, { answer: 'Yes' }, headers);
    expect([good.status, isReplayed(good)]).toEqual([200, false]);
  });
});

describe('a gateway that ignores keys', () => {
  let broken: Service;
  beforeAll(async () => {
    const preload = brokenBuild('gateway/ignore-idempotency-key');
    broken = await herald.startService('gateway', { preload }, 'broken gateway');
  });
  afterAll(() => broken?.stop());

  // A second one of these finds nothing to mark, key or no key.
  it.each(routes.filter(([route]) => !/POST \/v1\/feed\/(read-all|archive-all|seen)/.test(route)))(
    'is caught by the test of 100 at once: %s',
    async (route, prepare) => {
      const attempt = await prepare(herald);
      expect(await hundredAtOnce(route, attempt, [broken.url])).not.toEqual({ ...ONE, effects: attempt.times });
    },
  );
});
