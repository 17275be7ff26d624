import { Redis } from 'ioredis';
import { aMessage, call } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Herald } from '../support/herald.js';

const LIMIT = 1000;
const FLOOD = 200_000;

let herald: Herald;
let redis: Redis;
beforeEach(async () => {
  herald = await Herald.start({ services: ['gateway'], env: { PUBLISHED_LIMIT: String(LIMIT) } });
  redis = new Redis(herald.redisUrl);
});
afterEach(async () => {
  redis.disconnect();
  await herald.stop();
});

/** Messages that Redis holds jobs for. */
async function published(): Promise<number> {
  const key = `{${herald.namespace}:delivery}:delivery`;
  const jobs = [...(await redis.lrange(`${key}:wait`, 0, -1)), ...(await redis.lrange(`${key}:active`, 0, -1))];
  const data = await Promise.all(jobs.map((id) => redis.hget(`${key}:${id}`, 'data')));
  return data.reduce((sum, json) => sum + (json ? JSON.parse(json).ids.length : 0), 0);
}

const owed = async (company: string) =>
  (await herald.query<{ count: number }>('select count(*)::int from outbox where company_id = $1', [company]))[0]!
    .count;

/** Leaves the first company with `count` messages that were accepted and never published. */
const flood = (count: number) =>
  herald.query(
    `insert into outbox (id, queue, job, company_id, body, accepted_at)
     select gen_random_uuid(), 'delivery', 'deliver', $1, $2, now() from generate_series(1, $3)`,
    [herald.company.id, aMessage({ recipientLogin: 'flooded' }), count],
  );

const send = async (company: Herald['company']) => {
  const token = herald.token('unlimitedAccessToken', company);
  return (await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() })).body.correlationId as string;
};

it('publishes no more than the limit, however much is owed, and all of it in the end', async () => {
  await flood(5000);
  await eventually(async () => (await published()) === LIMIT);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await published()).toBe(LIMIT);
  await herald.startService('delivery');
  await eventually(async () => (await owed(herald.company.id)) === 0, 30_000);
  const [row] = await herald.query<{ count: number }>('select count(*)::int from feed_messages');
  expect(row?.count).toBe(5000);
});

it('lets newcomers wait behind what waits already, and publishes them at once when nothing does', async () => {
  await send(herald.company);
  expect(await herald.query('select id from outbox where job_id is null')).toEqual([]);
  await flood(2000);
  await eventually(async () => (await published()) === LIMIT);
  const late = await eventually(async () => {
    const id = await send(herald.company);
    const [row] = await herald.query<{ job_id: string | null }>('select job_id from outbox where id = $1', [id]);
    return row?.job_id === null && id;
  });
  expect(late).toBeTruthy();
});

it('feeds in turn by company: a single message is not kept waiting by a flood of another company', async () => {
  await flood(FLOOD);
  await eventually(async () => (await published()) === LIMIT);
  await herald.startService('delivery');
  const id = await send(herald.otherCompany);
  await eventually(async () => {
    const [place] = await herald.query<{ state: string }>(
      'select state from message_places where correlation_id = $1',
      [id],
    );
    return place?.state === 'delivered';
  }, 5000);
  expect(await owed(herald.company.id)).toBeGreaterThan(FLOOD / 2);
  expect(await published()).toBeLessThanOrEqual(LIMIT);
});
