import fc from 'fast-check';
import { Actions, aPerson, SAMPLE } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import { type Incoming, type Outgoing, Wire } from '../../support/wire.js';
import { bodies } from './generated-bodies.js';
import { oddHeaders, queryOf, segment } from './generated-requests.js';
import { bytesNear } from './generated-values.js';
import { faultOf, faultOfRefusal, firstDifference, read, type Sent } from './judge.js';
import { isAction, isAnswer, isBatch, isMessage, isNothing, isQuestion, isStatus } from './rules.js';

/** HERALD_TEST_SEED repeats a run; HERALD_TEST_BODIES is how many bodies each POST route gets. */
const SEED = Number(process.env['HERALD_TEST_SEED'] ?? Date.now() % 2 ** 31);
const BODIES = Number(process.env['HERALD_TEST_BODIES'] ?? 1000);
const AT_ONCE = 50;
const GROUPS = Math.ceil(BODIES / AT_ONCE);

let herald: Herald;
let wire: Wire;
let merchant: Merchant;
let program: string;
let person: string;
beforeAll(async () => {
  process.stderr.write(`generated requests: HERALD_TEST_SEED=${SEED} HERALD_TEST_BODIES=${BODIES}\n`);
  const services = ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] as const;
  // Long enough for a worker that gets no turn on a busy machine.
  herald = await Herald.start({ services: [...services], env: { JOB_LOCK_MS: '30000' } });
  wire = new Wire(herald.url);
  merchant = new Merchant(herald);
  program = herald.token('unlimitedApiKey');
  person = herald.jwtOf('dmurta');
}, 120_000);
afterAll(async () => {
  wire?.close();
  await herald?.stop();
});

/** On a busy machine a request may meet a 503 or a 504: a retry with the same key is safe. */
async function surely(request: Outgoing): Promise<Incoming> {
  for (;;) {
    const answer = await wire.send(request);
    if (answer.status !== 503 && answer.status !== 504) return answer;
  }
}

/** Sends what is generated, so many at once. Returns the first fault that `judge` finds, with its request and answer. */
async function firstFault(requests: fc.Arbitrary<Outgoing>, groups: number, judge: (sent: Sent) => string | undefined) {
  const some = fc.array(requests, { minLength: AT_ONCE, maxLength: AT_ONCE });
  let found: object | undefined;
  const property = fc.asyncProperty(some, async (group) => {
    const answers = await Promise.all(group.map(surely));
    for (const [n, request] of group.entries()) {
      const answer = answers[n] as Incoming;
      const fault = judge({ request, answer });
      found ??= fault === undefined ? undefined : { fault, ...request, body: request.body?.toString(), answer };
    }
    return found === undefined;
  });
  // No shrinking: the failure is reported as it is, and its seed repeats the run.
  const { errorInstance } = await fc.check(property, { seed: SEED, numRuns: groups, endOnFailure: true });
  if (errorInstance && !found) throw errorInstance;
  return found;
}

interface Target {
  method?: string;
  path: string | (() => string);
  token: string;
  good: fc.Arbitrary<unknown>;
}

const requestsTo = ({ method = 'POST', path, token, good }: Target): fc.Arbitrary<Outgoing> =>
  fc.tuple(bytesNear(good), fc.uuid(), oddHeaders).map(([body, key, headers]) => ({
    method,
    path: typeof path === 'string' ? path : path(),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      // The key lets a request be repeated when its response comes too late.
      ...(path === '/v1/feed/ai' ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    body,
  }));

/** Nothing is owed any more, and nothing was given up. */
async function settled(): Promise<void> {
  await eventually(async () => (await herald.query('select from outbox')).length === 0, 60_000);
  expect(await herald.query('select queue, job, error from dead_letters limit 3')).toEqual([]);
}

const nfc = <T>(value: T): T => (typeof value === 'string' ? (value.normalize('NFC') as T) : value);
/** The keys that are looked for are stored in NFC; everything else of the sender's own stays as it is. */
const keysInNfc = (metadata: any = {}) => {
  const sought = ['agent_id', 'query_id', 'tool_used'].filter((key) => Object.hasOwn(metadata ?? {}, key));
  return { ...metadata, ...Object.fromEntries(sought.map((key) => [key, nfc(metadata[key])])) };
};
const bodyOf = (request: Outgoing) => read(request)?.value as any;
const idIn = ({ text }: Incoming): string => JSON.parse(text).correlationId;

const messageRow = ({ message, metadata }: any) => ({
  title: nfc(message.title),
  body: nfc(message.body),
  author: nfc(message.authorLogin),
  recipient: nfc(message.recipientLogin),
  question: nfc(message.question ?? null),
  metadata: metadata ?? {},
});

/** The accepted messages by id; a repeated key leads to one message. */
const messages = new Map<string, unknown>();

describe(`of ${BODIES} generated bodies (HERALD_TEST_SEED=${SEED})`, () => {
  it('POST /v1/feed/ai takes the good ones alone', async () => {
    expect(
      await firstFault(requestsTo({ path: '/v1/feed/ai', token: program, good: bodies.message }), GROUPS, (sent) => {
        const fault = faultOf(sent, isMessage);
        if (!fault && sent.answer.status < 300) messages.set(idIn(sent.answer), messageRow(bodyOf(sent.request)));
        return fault;
      }),
    ).toBeUndefined();
    expect(messages.size).toBeGreaterThan(BODIES / 10);
  }, 600_000);

  it('POST /v1/feed/ai/batch takes the good messages of each alone', async () => {
    const judge = (sent: Sent) => {
      const given = bodyOf(sent.request);
      const { status, text } = sent.answer;
      if (status !== 202 && !('results' in JSON.parse(text)))
        return faultOf(sent, (body) => isBatch(body) && body.messages.some(isMessage));
      const { results } = JSON.parse(text);
      if (!isBatch(given) || results.length !== given.messages.length) return 'a bad batch was taken';
      if ((status === 202) !== given.messages.some(isMessage)) return 'the wrong status';
      for (const [n, { correlationId, error }] of results.entries()) {
        if ((correlationId !== undefined) !== isMessage(given.messages[n])) return `message ${n} ended wrongly`;
        if (correlationId) messages.set(correlationId, messageRow(given.messages[n]));
        else if (error !== 'ValidationError') return `message ${n} was refused by the wrong name`;
      }
      return undefined;
    };
    expect(
      await firstFault(requestsTo({ path: '/v1/feed/ai/batch', token: program, good: bodies.batch }), GROUPS, judge),
    ).toBeUndefined();
  }, 600_000);

  it('what was accepted is in the feeds as it was sent, and nothing else is', async () => {
    await settled();
    const rows = await herald.query<{ id: string; message: unknown }>(
      `select id, jsonb_build_object('title', title, 'body', body, 'author', author_login, 'recipient', recipient_login,
                                     'question', question, 'metadata', metadata) as message from feed_messages`,
    );
    expect(firstDifference(messages, new Map(rows.map(({ id, message }) => [id, message])))).toBeUndefined();
  }, 120_000);

  it('POST /v1/feed/read-all takes no fields that it does not know', async () => {
    expect(
      await firstFault(requestsTo({ path: '/v1/feed/read-all', token: person, good: bodies.nothing }), GROUPS, (sent) =>
        faultOf(sent, isNothing),
      ),
    ).toBeUndefined();
  }, 600_000);

  it('POST /team-notifications takes the good ones alone, and the log has them as they were sent', async () => {
    const actions = new Map<string, unknown>();
    expect(
      await firstFault(
        requestsTo({ path: '/team-notifications', token: program, good: bodies.action }),
        GROUPS,
        (sent) => {
          const fault = faultOf(sent, isAction);
          if (fault || sent.answer.status >= 300) return fault;
          const { notification_type, title, message, priority, metadata, action_url, recipients } = bodyOf(
            sent.request,
          );
          actions.set(idIn(sent.answer), {
            notification_type,
            title: nfc(title),
            message: nfc(message),
            priority: priority ?? 'medium',
            metadata: keysInNfc(metadata),
            action_url: action_url ?? null,
            recipients: recipients?.map(({ id }: { id: string }) => id.toLowerCase()) ?? [],
          });
          return fault;
        },
      ),
    ).toBeUndefined();
    expect(actions.size).toBeGreaterThan(BODIES / 10);
    await settled();
    const rows = await herald.query<{ id: string; action: unknown }>(
      `select id, jsonb_build_object('notification_type', notification_type, 'title', title, 'message', message,
                'priority', priority, 'metadata', metadata, 'action_url', action_url,
                'recipients', array(select user_id from agent_action_recipients where notification_id = n.id order by position)) as action
         from agent_actions n where id <> $1`,
      [SAMPLE.notification],
    );
    expect(firstDifference(actions, new Map(rows.map(({ id, action }) => [id, action])))).toBeUndefined();
  }, 600_000);

  it('POST /api/v1/notification/request takes the good ones alone, and asks what was sent', async () => {
    const asked = new Map<string, unknown>();
    const good = (body: unknown) => isQuestion(body, [456, 789]);
    const [{ last }] = (await herald.query<{ last: string }>('select max(id) as last from notifications')) as [
      { last: string },
    ];
    expect(
      await firstFault(
        requestsTo({ path: '/api/v1/notification/request', token: merchant.token, good: bodies.question }),
        GROUPS,
        (sent) => {
          const fault = faultOf(sent, good);
          if (fault || sent.answer.status >= 300) return fault;
          const { context } = bodyOf(sent.request) as { context: Record<string, unknown> };
          const kept = Object.entries(context).filter(([, value]) => value !== null);
          asked.set(
            sent.answer.headers['x-correlation-id'] as string,
            Object.fromEntries(kept.map(([key, value]) => [key, nfc(value)])),
          );
          return fault;
        },
      ),
    ).toBeUndefined();
    expect(asked.size).toBeGreaterThan(BODIES / 10);
    const rows = await herald.query<{ id: string; context: unknown }>(
      'select correlation_id as id, context from notifications where id > $1',
      [last],
    );
    expect(firstDifference(asked, new Map(rows.map(({ id, context }) => [id, context])))).toBeUndefined();
  }, 600_000);

  it('POST /api/v1/notification/{id}/answer takes the good ones alone, and keeps what was sent', async () => {
    const answers = new Map<string, unknown>();
    const questions = await openQuestions();
    const types = new Map(questions);
    const path = () => `/api/v1/notification/${questions.pop()?.[0]}/answer`;
    const idOf = ({ path: asked }: Outgoing) => asked.split('/').at(-2) as string;
    expect(
      await firstFault(requestsTo({ path, token: merchant.token, good: bodies.answer }), GROUPS, (sent) => {
        const id = idOf(sent.request);
        const fault = faultOf(sent, (body) => isAnswer(types.get(id) as string, body));
        if (fault || sent.answer.status >= 300) return fault;
        answers.set(
          id,
          Object.fromEntries(Object.entries(bodyOf(sent.request)).map(([field, value]) => [field, nfc(value)])),
        );
        return fault;
      }),
    ).toBeUndefined();
    expect(answers.size).toBeGreaterThan(BODIES / 20);
    const rows = await herald.query<{ id: string; answer: unknown }>(
      'select id, answer from notifications where answer is not null',
    );
    expect(firstDifference(answers, new Map(rows.map(({ id, answer }) => [id, answer])))).toBeUndefined();
  }, 600_000);
});

/** One open question for each answer that is generated, as `[id, type]`. */
async function openQuestions(): Promise<[string, string][]> {
  const rows = await herald.query<{ id: string; notification_type: string }>(
    `insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context,
                                requested_fields, answered_fields, answer_schema, allow_multiple_answers)
     select gen_random_uuid(), $1, $2, name, '{}', requested_fields, answered_fields, answer_schema, false
       from generate_series(1, $3), notification_types returning id, notification_type`,
    [merchant.id, merchant.conversationId, GROUPS * AT_ONCE],
  );
  return rows.map(({ id, notification_type }) => [id, notification_type]);
}

describe(`of ${BODIES / 10} generated requests (HERALD_TEST_SEED=${SEED})`, () => {
  it('PATCH takes good statuses alone', async () => {
    const { body } = await call('POST', `${herald.url}/v1/feed/ai`, { token: program, body: aMessage() });
    const user = aPerson();
    const action = await new Actions(herald).record({ recipients: [user] });
    const targets = [
      { path: `/v1/feed/${body.correlationId}`, token: person },
      { path: `/team-notifications/${action.id}/users/${user.id}/status`, token: program },
    ];
    await settled();
    for (const target of targets) {
      const requests = requestsTo({ method: 'PATCH', ...target, good: bodies.status });
      expect(await firstFault(requests, Math.ceil(GROUPS / 10), (sent) => faultOf(sent, isStatus))).toBeUndefined();
    }
  }, 300_000);

  const LIST = ['skip', 'limit', 'cursor', 'status', 'notification_type', 'priority'];
  const FILTERS = ['agent_id', 'query_id', 'sender_id', 'start_date', 'end_date'];
  it.each([
    ['/v1/feed', 'person', ['box', 'tab', 'status', 'limit', 'cursor']],
    ['/v1/feed/{}', 'person', ['x']],
    ['/v1/feed/unread-count', 'person', ['tab']],
    ['/v1/messages/{}', 'program', ['x']],
    ['/team-notifications', 'program', [...LIST, ...FILTERS]],
    ['/team-notifications/{}', 'program', ['x']],
    ['/team-notifications/users/{}', 'program', LIST],
    ['/team-notifications/stats', 'program', [...FILTERS, 'user_id', 'priority']],
    ['/team-notifications/stats/timeline', 'program', [...FILTERS, 'user_id', 'priority', 'interval', 'group_by']],
    ['/team-notifications/stats/agents', 'program', [...FILTERS, 'limit']],
    ['/team-notifications/stats/tools', 'program', [...FILTERS, 'limit']],
    ['/team-notifications/queries/{}', 'program', ['skip', 'limit', 'cursor']],
    ['/api/v1/notification/', 'merchant', ['status', 'notification_types', 'cursor']],
  ] as const)(
    'GET %s answers, or refuses as documented',
    async (path, as, names) => {
      const token = { person, program, merchant: merchant.token }[as];
      const requests = fc.tuple(segment, queryOf([...names]), oddHeaders).map(([id, query, headers]) => ({
        method: 'GET',
        path: `${path.replace('{}', id)}?${query}`,
        headers: { authorization: `Bearer ${token}`, ...headers },
      }));
      expect(
        await firstFault(requests, Math.ceil(GROUPS / 10), (sent) =>
          sent.answer.status === 200 ? undefined : faultOfRefusal(sent),
        ),
      ).toBeUndefined();
    },
    300_000,
  );

  it.each([
    ['DELETE', '/api/v1/notification/{}', 'merchant'],
    ['POST', '/api/v1/notification/{}/answer', 'merchant'],
    ['PATCH', '/v1/feed/{}', 'person'],
    ['PATCH', '/team-notifications/{}/users/{}/status', 'program'],
  ] as const)(
    '%s %s finds nothing under ids that are none',
    async (method, path, as) => {
      const token = { person, program, merchant: merchant.token }[as];
      const body = { merchant: '{"answer":"Yes"}', person: '{"status":"read"}', program: '{"status":"read"}' }[as];
      const requests = fc.tuple(segment, oddHeaders).map(([id, headers]) => ({
        method,
        path: path.replaceAll('{}', id),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body,
      }));
      expect(
        await firstFault(requests, Math.ceil(GROUPS / 10), (sent) =>
          sent.answer.status === 200 ? undefined : faultOfRefusal(sent),
        ),
      ).toBeUndefined();
    },
    300_000,
  );
});

describe('afterwards', () => {
  it('no service has a fault in its log, or needed to start again', () => {
    for (const name of ['gateway', 'delivery', 'agent-actions', 'merchant-answers']) {
      expect(herald.service(name).hasEnded).toBe(false);
      expect(herald.service(name).log).not.toMatch(/"level":[56]0/);
    }
  });

  it('everything works', async () => {
    expect((await call('POST', `${herald.url}/v1/feed/ai`, { token: program, body: aMessage() })).status).toBe(202);
    await new Actions(herald).record();
    expect((await merchant.answer(await merchant.open())).status).toBe(200);
    await settled();
  });
});

it.each([
  ['/v1/feed/ai', 'message'],
  ['/team-notifications', 'action'],
] as const)('a gateway that checks nothing is caught at POST %s', async (path, kind) => {
  const preload = brokenBuild('gateway/no-validation');
  const broken = await herald.startService('gateway', { preload }, 'broken gateway');
  wire.close();
  wire = new Wire(broken.url);
  const requests = requestsTo({ path, token: program, good: bodies[kind] });
  expect(
    await firstFault(requests, 4, (sent) => faultOf(sent, { message: isMessage, action: isAction }[kind])),
  ).toBeDefined();
  await broken.stop();
});
