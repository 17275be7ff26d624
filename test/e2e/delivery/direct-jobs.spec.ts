import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { aMessage, call } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { redisAt } from '../../support/redis.js';

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

  it('is a dead letter that names its company when that does not exist, and its neighbours are delivered', async () => {
    const nobody = randomUUID();
    const [lost, ...good] = [{ ...aJob(), companyId: nobody }, aJob(), aJob(), aJob()];
    await queue.addBulk([lost!, ...good].map((data) => ({ name: 'deliver', data })));
    const [letter] = await settled(lost!.correlationId, 'given_up');
    expect(letter?.error).toBe(`company ${nobody} is not known`);
    for (const { correlationId } of good) await settled(correlationId, 'delivered');
  });

  it('does not reach a company that does not exist by way of the outbox either', async () => {
    const job = { ...aJob(), companyId: randomUUID() };
    const { id } = await queue.add('deliver', job, { delay: 300 });
    // As if its workers had died: a good job would be tried alone.
    await redis.hset(queue.toKey(id as string), 'stc', 3);
    await settled(job.correlationId, 'given_up');
    const [letter] = await herald.query<{ id: string }>('select id from dead_letters where correlation_id = $1', [
      job.correlationId,
    ]);
    const { stdout } = await commandLine(herald.urlFor('herald_ops'), 'dead-letters', 'replay', letter!.id);
    expect(stdout).toContain(`company ${job.companyId} is not known`);
    expect(await places(job.correlationId)).toHaveLength(1);
  });

  it('says in the log which dead letter it became, and which of its fields are wrong', async () => {
    const job = { ...aJob({ title: 'x'.repeat(31) }), v: 7 };
    await queue.add('deliver', job);
    const [dead] = await settled(job.correlationId, 'given_up');
    expect(dead?.error).toBe('v must be 1; body.message.title must have at most 30 characters');
    const [letter] = await herald.query<{ id: string }>('select id from dead_letters where correlation_id = $1', [
      job.correlationId,
    ]);
    const line = await eventually(() =>
      herald
        .service('delivery')
        .log.split('\n')
        .find((entry) => entry.includes('a job is given up') && entry.includes(job.correlationId)),
    );
    expect(JSON.parse(line)).toMatchObject({
      cause: 'broken',
      error: 'BrokenContract',
      deadLetters: [letter?.id],
      fields: ['v', 'body.message.title'],
    });
  });
});

describe('the time that a producer puts on its job', () => {
  const now = Date.now();
  const feedOf = async (login: string, query = '') =>
    (await call('GET', `${herald.url}/v1/feed${query}`, { token: herald.jwtOf(login) })).body;

  it('counts when it may be true; otherwise the arrival does, so that no clock moves a feed', async () => {
    const times = [now / 1000, now * 1000, now * 1e6, 1, now - 31 * 86_400_000, now + 600_000].map(Math.floor);
    const [past, ...others] = [now - 86_400_000, ...times].map((timestamp) => ({
      timestamp,
      data: aJob({ recipientLogin: 'carla' }),
    }));
    for (const { timestamp, data } of [...others, past!]) {
      await queue.add('deliver', data, { timestamp });
      await settled(data.correlationId, 'delivered');
    }
    const ids = [...others.map(({ data }) => data.correlationId).reverse(), past!.data.correlationId];
    const { data } = await feedOf('carla');
    expect(data.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(data.at(-1).createdAt).toBe(new Date(past!.timestamp).toISOString());
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { data: { id: string }[]; nextCursor: string | null } = await feedOf(
        'carla',
        `?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(ids);
  });
});

describe('a job that cannot be given up', () => {
  const refuse = (rule: string) =>
    herald.query(`alter table dead_letters add constraint refused check (${rule}) not valid`);
  const mend = () => herald.query('alter table dead_letters drop constraint refused');
  const lettersWith = (content: string) => herald.query('select * from dead_letters where content = $1', [content]);

  it('as it is, is given up as plain text', async () => {
    const job = { ...aJob(), v: 7 };
    await refuse(`job <> 'deliver'`);
    await queue.add('deliver', job);
    const letter = await eventually(
      async () => (await lettersWith(Buffer.from(JSON.stringify(job)).toString('base64')))[0],
    );
    expect(letter).toMatchObject({ correlation_id: null, job: '', error: expect.stringContaining('in base64') });
    await mend();
  });

  it('at all, waits until it can, and says so without its content', async () => {
    const job = { ...aJob({ title: 'unspeakable' }), v: 7 };
    await refuse(`queue <> 'delivery'`);
    const { id } = await queue.add('deliver', job);
    const waiting = await eventually(async () => (await queue.getDelayed()).find((delayed) => delayed.id === id));
    expect(herald.service('delivery').log).toContain('a job cannot be given up yet');
    expect(herald.service('delivery').log).not.toContain('unspeakable');
    await mend();
    await waiting.promote();
    await eventually(async () => (await lettersWith(JSON.stringify(job)))[0]);
  });
});
