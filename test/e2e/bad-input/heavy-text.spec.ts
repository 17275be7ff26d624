import { randomUUID } from 'node:crypto';
import { anAction } from '../../support/actions.js';
import { aMessage, type Answer, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { Ops } from '../../support/ops.js';

let herald: Herald;
let merchant: Merchant;
let producer: Producer;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers', 'ops'] });
  merchant = new Merchant(herald);
  producer = new Producer(herald, 'delivery');
}, 120_000);
afterAll(async () => {
  await producer?.close();
  await herald?.stop();
});

/** Combining marks in the order that normalization takes longest for: the time grows with the square of their number. */
const marks = (length: number) => '\u0301\u0316'.repeat(length / 2);
const strayFields = (count: number, length: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}`.padEnd(length, '😀'), 1]));

const post = (path: string, body: unknown): Promise<Answer> =>
  call('POST', herald.url + path, { token: herald.token('unlimitedApiKey'), body });
const batch = (messages: unknown[]) => post('/v1/feed/ai/batch', { messages });

/** Far more than it takes, and far less than it took before lengths were looked at first. */
const PATIENCE_MS = 15_000;
async function soon<T>(answer: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const value = await answer;
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  return value;
}

describe('text that is costly to normalize', () => {
  it('is refused in a batch before it is normalized', async () => {
    const { status, body } = await soon(batch([aMessage({ title: marks(400_000) }), aMessage()]));
    expect(status).toBe(202);
    expect(body.results[0].message).toBe('message.title must have at most 30 characters');
    expect(body.results[1]).toEqual({ correlationId: expect.any(String) });
  });

  it.each([
    ['a title', () => anAction({ title: marks(30_000) }), 'title must have at most 200 characters'],
    ['an address', () => anAction({ action_url: `https://${marks(30_000)}` }), 'action_url must have at most 2048'],
    ['an agent', () => anAction({ metadata: { agent_id: marks(1800) } }), 'metadata.agent_id must have at most 200'],
    ['an agent of emoji', () => anAction({ metadata: { agent_id: '😀'.repeat(201) } }), 'metadata.agent_id must have'],
  ])('is refused as %s of an action', async (_, body, says) => {
    const answer = await soon(post('/team-notifications', body()));
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining(says) } });
  });

  it('is refused as an answer', async () => {
    const answer = await soon(merchant.answer(await merchant.open(), { answer: marks(32_000) }));
    expect(answer).toMatchObject({
      status: 500,
      body: { message: expect.stringContaining('at most 10000 characters') },
    });
  });

  it('makes a dead letter of a job that was put on its queue directly', async () => {
    const companyId = herald.company.id;
    const jobs: [correlationId: string, body: unknown, says: string][] = [
      [randomUUID(), aMessage({ title: marks(400_000) }), 'body.message.title must have at most 30 characters'],
      [randomUUID(), aMessage({ metadata: { a: 'x'.repeat(1_000_000) } }), 'data must be at most 512 KiB'],
      [randomUUID(), { ...aMessage(), ...strayFields(4000, 60) }, '; and 3980 more'],
    ];
    for (const [correlationId, body] of jobs) await producer.put('deliver', { correlationId, companyId, body });
    for (const [correlationId, , says] of jobs) {
      const letter = () =>
        herald.query<{ error: string }>('select error from dead_letters where content like $1', [`%${correlationId}%`]);
      const [{ error }] = (await eventually(async () => (await letter()).length > 0 && letter(), PATIENCE_MS)) as [
        { error: string },
      ];
      expect(error).toContain(says);
    }
  });

  it('is refused as a password by every sender, and as a form of a page', async () => {
    const stranger = new Ops(herald);
    const login = (password: string) =>
      soon(
        stranger.post(
          '/login',
          [
            ['name', 'ada'],
            ['password', password],
          ],
          { origin: stranger.url },
        ),
      );
    expect((await login(marks(2500))).status).toBe(401);
    expect((await login(marks(200_000))).status).toBe(413);
  });
});

it('a body with more fields than any batch has is refused before it is parsed', async () => {
  const answer = await soon(batch(Array.from({ length: 200 }, () => strayFields(1001, 0))));
  expect(answer).toMatchObject({ status: 400, body: { message: 'The body must have at most 200000 fields' } });
});

it('a body with more lists than any batch has is refused before it is parsed', async () => {
  const answer = await soon(batch(Array.from({ length: 200_000 }, () => [])));
  expect(answer).toMatchObject({
    status: 400,
    body: { message: 'The body must have at most 200000 lists and objects' },
  });
});

it('a list of compressions is read in the time that its length takes', async () => {
  const headers = { 'accept-encoding': `gzip;q=${'0'.repeat(7500)}x,gzip${' '.repeat(7500)}x` };
  const ask = () => call('GET', `${herald.url}/openapi.json`, { headers });
  const answers = await soon(Promise.all(Array.from({ length: 20 }, ask)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});

describe('a refusal is bounded', () => {
  it('of 1,000 messages with many unknown fields each, and says how many there are', async () => {
    const { status, body } = await soon(batch(Array.from({ length: 1000 }, () => strayFields(150, 20))));
    expect(status).toBe(400);
    expect(body.results).toHaveLength(1000);
    expect(body.results[0].errors).toHaveLength(50);
    expect(body.results[0].message).toContain('(and 150 more; 50 are listed)');
    expect(body.results[999].errors).toHaveLength(1);
    expect(body.results[999].message).toContain('(and 150 more; the first is listed)');
    expect(JSON.stringify(body).length).toBeLessThan(1_000_000);
  });

  it('of one body with many unknown fields', async () => {
    const { status, body } = await soon(post('/v1/feed/ai', { ...aMessage(), ...strayFields(800, 20) }));
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(50);
    expect(body.message).toContain('(and 799 more; 50 are listed)');
  });
});
