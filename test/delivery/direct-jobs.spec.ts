import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { aMessage, call } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Herald } from '../support/herald.js';
import { redisAt } from '../support/redis.js';

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
let queue: Queue;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery'] });
  redis = redisAt(herald.redisUrl);
  queue = new Queue('delivery', { connection: redis, prefix: `{${herald.namespace}:delivery}` });
});
afterAll(async () => {
  await queue.close();
  redis.disconnect();
  await herald.stop();
});

const aJob = (message = {}) => ({ correlationId: randomUUID(), companyId: herald.company.id, body: aMessage(message) });
const places = (id: string) =>
  herald.query<{ state: string; error: string | null }>(
    'select * from message_places where correlation_id = $1 order by state',
    [id],
  );
const settled = (id: string, state: string, count = 1) =>
  eventually(async () => {
    const found = (await places(id)).filter((place) => place.state === state);
    return found.length === count && found;
  });

describe('a job that an internal service puts on the queue itself', () => {
  it('has the same effect as a send', async () => {
    const job = aJob();
    await queue.add('deliver', job);
    await settled(job.correlationId, 'delivered');
    const feed = await call('GET', `${herald.url}/v1/feed`, { token: herald.jwtOf('dmurta') });
    expect(feed.body.data).toContainEqual(expect.objectContaining({ id: job.correlationId, title: 'Teste' }));
    const { body } = await call('GET', `${herald.url}/v1/messages/${job.correlationId}`, {
      token: herald.token('accessToken'),
    });
    expect(body.steps.map(({ step }: { step: string }) => step)).toEqual(['queued', 'attempt', 'delivered']);
  });

  it('is delivered once, however often it comes', async () => {
    const job = aJob();
    await queue.addBulk(Array.from({ length: 50 }, () => ({ name: 'deliver', data: job })));
    await eventually(async () => (await queue.getJobCounts('wait', 'active', 'completed')).completed! >= 51);
    expect(await places(job.correlationId)).toHaveLength(1);
  });

  it('is a dead letter when its correlationId is in use for another content, or by another company', async () => {
    const job = aJob();
    await queue.add('deliver', job);
    await settled(job.correlationId, 'delivered');
    await queue.add('deliver', { ...job, body: aMessage({ title: 'other' }) });
    await settled(job.correlationId, 'given_up');
    await queue.add('deliver', { ...job, companyId: herald.otherCompany.id });
    const [dead] = await settled(job.correlationId, 'given_up', 2);
    expect(dead?.error).toContain('in use');
    expect(await places(job.correlationId)).toHaveLength(3);
  });

  it('cannot take the place of a message that a gateway accepted', async () => {
    await herald.service('delivery').stop();
    const accepted = await call('POST', `${herald.url}/v1/feed/ai`, {
      token: herald.token('unlimitedAccessToken'),
      body: aMessage({ title: 'ours' }),
    });
    const id = accepted.body.correlationId as string;
    await queue.add('deliver', { ...aJob({ title: 'theirs' }), correlationId: id }, { lifo: true });
    await herald.startService('delivery');
    await settled(id, 'delivered');
    await settled(id, 'given_up');
    const rows = await herald.query('select title from feed_messages where id = $1', [id]);
    expect(rows).toEqual([{ title: 'ours' }]);
  });

  it('harms none of 1,000 others when it is garbage', async () => {
    const good = Array.from({ length: 1000 }, () => aJob());
    const garbage: unknown[] = [
      null,
      'x',
      5,
      [],
      {},
      { companyId: 'x' },
      { ...aJob(), body: {} },
      { ...aJob(), body: aMessage({ body: 'NUL \u0000' }) },
      { ...aJob(), body: aMessage({ metadata: { a: '\ud800' } }) },
      { ...aJob(), v: 7, body: { toString: 'x' } },
    ];
    const before = (await herald.query('select id from dead_letters')).length;
    const jobs = good.map((data) => ({ name: 'deliver', data: data as unknown }));
    garbage.forEach((data, index) => jobs.splice(index * 100, 0, { name: 'deliver', data }));
    jobs.push({ name: 'owed', data: { ids: ['x'] } }, { name: 'nonsense', data: {} });
    await queue.addBulk(jobs);
    await eventually(async () => {
      const [row] = await herald.query<{ count: number }>(
        'select count(*)::int from feed_messages where id = any($1::uuid[])',
        [good.map(({ correlationId }) => correlationId)],
      );
      return row?.count === 1000;
    });
    await eventually(
      async () => (await herald.query('select id from dead_letters')).length === before + garbage.length + 2,
    );
    expect(herald.service('delivery').hasEnded).toBe(false);
  });
});
