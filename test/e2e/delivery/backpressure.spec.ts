import { Actions, anAction } from '../../support/actions.js';
import { type Answer, aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { brokenBuild } from '../../support/preloads.js';

const LIMIT = 1000;

let herald: Herald;
beforeEach(async () => {
  herald = await Herald.start({ services: [], env: { OUTBOX_LIMIT: String(LIMIT) } });
});
afterEach(() => herald.stop());

const token = () => herald.token('unlimitedAccessToken');
const send = (url = herald.url) => call('POST', `${url}/v1/feed/ai`, { token: token(), body: aMessage() });
const sendBatch = (count: number) =>
  call('POST', `${herald.url}/v1/feed/ai/batch`, {
    token: token(),
    body: { messages: Array.from({ length: count }, () => aMessage()) },
  });

/** So many sends by 32 callers at once, spread over gateways. */
async function sendMany(count: number, urls = [herald.url]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let sent = 0;
  const caller = async () => {
    while (sent < count) answers.push(await send(urls[sent++ % urls.length]));
  };
  await Promise.all(Array.from({ length: 32 }, caller));
  return answers;
}

const owe = (count: number) =>
  herald.query(
    `insert into outbox (id, queue, job, company_id, body, accepted_at)
     select gen_random_uuid(), 'delivery', 'deliver', $1, $2, now() from generate_series(1, $3)`,
    [herald.company.id, aMessage(), count],
  );
const owed = async () => (await herald.query<{ n: number }>('select count(*)::int as n from outbox'))[0]!.n;
const statuses = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status);

describe('an outbox that nobody works off', () => {
  it('takes messages up to the limit and refuses the rest, of which nothing is committed', async () => {
    await herald.startService('gateway');
    const answers = await sendMany(LIMIT + 200);
    expect(statuses(answers, 202)).toHaveLength(LIMIT);
    expect(statuses(answers, 503)).toHaveLength(200);
    expect(await owed()).toBe(LIMIT);
    const [refused] = statuses(answers, 503);
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused!.body).toMatchObject({ error: 'ServiceUnavailable', statusCode: 503, path: '/v1/feed/ai' });
  });

  it('would take them all in a build without the limit', async () => {
    await herald.startService('gateway', { preload: brokenBuild('gateway/no-ceiling') });
    const answers = await sendMany(LIMIT + 200);
    expect(statuses(answers, 202)).toHaveLength(LIMIT + 200);
    expect(await owed()).toBeGreaterThan(LIMIT);
  });

  it('takes no more of them through several gateways', async () => {
    const names = ['gateway', 'gateway-2', 'gateway-3'];
    const gateways = await Promise.all(names.map((name) => herald.startService('gateway', {}, name)));
    const answers = await sendMany(
      LIMIT + 500,
      gateways.map(({ url }) => url),
    );
    const accepted = statuses(answers, 202).length;
    expect(await owed()).toBe(accepted);
    expect(accepted).toBeGreaterThanOrEqual(LIMIT * 0.9);
    expect(accepted).toBeLessThanOrEqual(LIMIT * 1.1);
  });

  it('takes a batch as a whole or not at all, and what is smaller still fits', async () => {
    await herald.startService('gateway');
    await owe(LIMIT - 10);
    expect((await sendBatch(11)).status).toBe(503);
    expect(await owed()).toBe(LIMIT - 10);
    expect((await sendBatch(10)).status).toBe(202);
    expect(await owed()).toBe(LIMIT);
  });

  it('leaves other queues alone', async () => {
    await herald.startService('gateway');
    await owe(LIMIT);
    expect((await send()).status).toBe(503);
    expect((await new Actions(herald).post(anAction())).status).toBe(202);
  });
});

it('is open again by itself once a worker has made room', async () => {
  await herald.startService('gateway');
  await owe(LIMIT);
  expect((await send()).status).toBe(503);
  await herald.startService('delivery');
  await eventually(async () => (await send()).status === 202, 20_000);
  await eventually(async () => (await owed()) === 0, 20_000);
});

it('counts what is owed now and then, not for every request', async () => {
  const database = new URL(herald.databaseUrl).pathname.slice(1);
  await herald.query(`alter database ${database} set track_functions = 'pl'`);
  await herald.startService('gateway', { env: { OUTBOX_LIMIT: '1000000' } });
  const startedAt = Date.now();
  const answers = await sendMany(3000);
  expect(statuses(answers, 202)).toHaveLength(3000);
  const seconds = (Date.now() - startedAt) / 1000;
  const calls = await eventually(async () => {
    const [counted] = await herald.query<{ calls: number }>(
      `select calls::int from pg_stat_user_functions where funcname = 'owed_messages'`,
    );
    return counted?.calls;
  });
  // Two a second for the ceiling, one a second and queue for the feeder, more of both while messages wait.
  expect(calls).toBeLessThan(100 + 50 * seconds);
  expect(calls).toBeLessThan(3000 / 2);
});
