import { Actions, anAction } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { brokenBuild } from '../../support/preloads.js';
import { keysOf, redisAt } from '../../support/redis.js';

const LIMIT = 1000;
const FLOOD = 20_000;
const firstCome = brokenBuild('gateway/first-come-first-served');

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
beforeEach(async () => {
  herald = await Herald.start({ services: [], env: { PUBLISHED_LIMIT: String(LIMIT) } });
  redis = redisAt(herald.redisUrl);
});
afterEach(async () => {
  redis.disconnect();
  await herald.stop();
});

/** Messages that have a job in Redis. */
async function published(): Promise<number> {
  const key = `{${herald.namespace}:delivery}:delivery`;
  const jobs = [...(await redis.lrange(`${key}:wait`, 0, -1)), ...(await redis.lrange(`${key}:active`, 0, -1))];
  const data = await Promise.all(jobs.map((id) => redis.hget(`${key}:${id}`, 'data')));
  return data.reduce((sum, json) => sum + (json ? JSON.parse(json).ids.length : 0), 0);
}

/** Job ids are UUIDs; the queue's other keys are few. */
const jobKeys = () => keysOf(redis, `{${herald.namespace}:delivery}:*:????????-*`);

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

/** A gateway learns that messages wait when it feeds; from then on those that it accepts wait too. Gives the first such. */
const firstToWait = (accepted: () => Promise<string>) =>
  eventually(async () => {
    const id = await accepted();
    const [row] = await herald.query<{ job_id: string | null }>('select job_id from outbox where id = $1', [id]);
    return row?.job_id === null && id;
  });

it('publishes no more than the limit, however much is owed, and all of it in the end', async () => {
  await herald.startService('gateway');
  await flood(5000);
  await eventually(async () => (await published()) === LIMIT);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await published()).toBe(LIMIT);
  expect((await jobKeys()).length).toBeGreaterThanOrEqual(LIMIT / 200);
  await herald.startService('delivery');
  await eventually(async () => (await owed(herald.company.id)) === 0, 30_000);
  const [row] = await herald.query<{ count: number }>('select count(*)::int from feed_messages');
  expect(row?.count).toBe(5000);
  // Finished jobs leave nothing behind: Redis is as small as before.
  await eventually(async () => (await jobKeys()).length === 0);
});

it('lets newcomers wait behind what waits already, and publishes them at once when nothing does', async () => {
  await herald.startService('gateway');
  await send(herald.company);
  expect(await herald.query('select id from outbox where job_id is null')).toEqual([]);
  await flood(2000);
  await eventually(async () => (await published()) === LIMIT);
  expect(await firstToWait(() => send(herald.company))).toBeTruthy();
});

const isDelivered = async (id: string) => {
  const [place] = await herald.query<{ state: string }>('select state from message_places where correlation_id = $1', [
    id,
  ]);
  return place?.state === 'delivered';
};

/** Returns true when another company's single message arrives while more than half of a flood is still owed. */
async function singleArrivesInTheFlood(preload?: string): Promise<boolean> {
  await herald.startService('gateway', { preload });
  await flood(FLOOD);
  await eventually(async () => (await published()) > 0);
  const id = await send(herald.otherCompany);
  await herald.startService('delivery');
  return eventually(async () => {
    if (await isDelivered(id)) return { inTime: (await owed(herald.company.id)) > FLOOD / 2 };
    return (await owed(herald.company.id)) <= FLOOD / 2 && { inTime: false };
  }, 120_000).then(({ inTime }) => inTime);
}

describe('a flood of one company', () => {
  it('does not keep the single message of another one waiting: companies are fed in turn', async () => {
    expect(await singleArrivesInTheFlood()).toBe(true);
    expect(await published()).toBeLessThanOrEqual(LIMIT);
  }, 150_000);

  it('would keep it waiting if who came first were fed first', async () => {
    expect(await singleArrivesInTheFlood(firstCome)).toBe(false);
  }, 150_000);

  it("does not keep the company's own urgent actions waiting", async () => {
    await herald.startService('gateway');
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at)
       select gen_random_uuid(), 'agent-actions', 'record', $1, $2, now() from generate_series(1, $3)`,
      [herald.company.id, anAction({ priority: 'low' }), FLOOD],
    );
    const actions = new Actions(herald);
    const post = async (priority: string) => (await actions.post(anAction({ priority }))).body.correlationId as string;
    const ordinary = await firstToWait(() => post('medium'));
    const urgent = await post('urgent');
    await herald.startService('agent-actions');
    await eventually(() => isDelivered(urgent), 60_000);
    expect(await owed(herald.company.id)).toBeGreaterThan(FLOOD / 2);
    expect(await isDelivered(ordinary)).toBe(false);
  }, 150_000);
});

it('publishes no more than workers get through in about a second, while others wait', async () => {
  await herald.startService('gateway', { env: { PUBLISHED_LIMIT: '100000' } });
  await flood(FLOOD);
  await eventually(async () => (await published()) > 0);
  // Nobody works: what is published is late soon, and no more is added.
  const counts: number[] = [];
  for (const end = Date.now() + 4000; Date.now() < end;) counts.push(await published());
  expect(Math.max(...counts)).toBeLessThan(FLOOD / 2);
}, 60_000);
