import { Actions } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { Wire } from '../../support/wire.js';
import { actionFiguresCases } from './action-figures.cases.js';
import { agentActionsCases } from './agent-actions.cases.js';
import type { Asked, Asker } from './bad-request.js';
import { deliveryCases } from './delivery.cases.js';
import { merchantAnswersCases } from './merchant-answers.cases.js';

let herald: Herald;
let wire: Wire;
let tokens: Record<Asker, string>;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
  wire = new Wire(herald.url);
  tokens = {
    program: herald.token('unlimitedApiKey'),
    person: herald.jwtOf('dmurta'),
    merchant: new Merchant(herald).token,
  };
}, 120_000);
afterAll(async () => {
  wire?.close();
  await herald?.stop();
});

const isRaw = (body: unknown): body is string | Buffer => typeof body === 'string' || Buffer.isBuffer(body);

async function ask({ method, path, as, body, headers = {} }: Asked) {
  const { status, text } = await wire.send({
    method,
    path,
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || isRaw(body) ? body : JSON.stringify(body),
  });
  return { status, body: JSON.parse(text) };
}

/** Counts the rows of each table; a refused request leaves none. */
async function rows(): Promise<Record<string, number>> {
  const tables = await herald.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const counts = tables.map(({ name }) => `select '${name}' as name, count(*)::int as rows from ${name}`);
  const counted = await herald.query<{ name: string; rows: number }>(counts.join(' union all '));
  return Object.fromEntries(counted.map((table) => [table.name, table.rows]));
}

let before: Record<string, number>;
beforeAll(async () => {
  // The tools of the demo's actions are counted within a second.
  await eventually(async () => (await herald.query('select from agent_action_uncounted')).length === 0);
  before = await rows();
});

const tables = {
  delivery: deliveryCases,
  'agent-actions': { ...agentActionsCases, ...actionFiguresCases },
  'merchant-answers': merchantAnswersCases,
};

describe.each(Object.entries(tables))('%s', (_, table) => {
  describe.each(Object.entries(table))('%s', (__, cases) => {
    it.each(cases)('%s', async (___, asked, status, error, says) => {
      const answer = await ask(asked);
      const [path] = asked.path.split('?');
      expect(answer).toEqual({
        status,
        body: {
          error,
          message: expect.stringContaining(says),
          statusCode: status,
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          path,
          requestId: expect.any(String),
          ...(path?.startsWith('/api/v1/notification') ? { detail: answer.body.message } : {}),
          errors: answer.body.errors,
        },
      });
      const [first] = answer.body.errors ?? [{ field: '' }];
      expect(answer.body.message).toContain(first.field);
      expect(JSON.stringify(answer.body).length).toBeLessThan(16_384 + asked.path.length);
    });
  });
});

it('refuses a body that is too large, even to a client that reads only after it has sent everything', async () => {
  const [path, as] = ['/v1/feed/ai/batch', 'program'] as const;
  const body = JSON.stringify({ messages: 'x'.repeat(8 * 1024 * 1024) });
  for (let sent = 0; sent < 20; sent++) {
    expect(await ask({ method: 'POST', path, as, body })).toMatchObject({ status: 413 });
  }
});

it('has at least 150 cases, each of them once', () => {
  const cases = Object.values(tables).flatMap((table) => Object.values(table).flat());
  expect(cases.length).toBeGreaterThanOrEqual(150);
  expect(new Set(cases.map(([, asked]) => JSON.stringify(asked))).size).toBe(cases.length);
});

describe('afterwards', () => {
  it('nothing was stored', async () => {
    expect(await rows()).toEqual(before);
  });

  it('no service has a word about it in its log', () => {
    for (const name of ['gateway', 'delivery', 'agent-actions', 'merchant-answers']) {
      expect(herald.service(name).log.trim().split('\n')).toEqual([expect.stringContaining('is up')]);
    }
  });

  it('everything works', async () => {
    const sent = await call('POST', `${herald.url}/v1/feed/ai`, { token: tokens.program, body: aMessage() });
    expect(sent.status).toBe(202);
    await new Actions(herald).record();
    const merchant = new Merchant(herald);
    expect((await merchant.answer(await merchant.open())).status).toBe(200);
  });
});
