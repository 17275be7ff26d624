import { randomUUID } from 'node:crypto';
import { aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Producer } from '../../support/merchant.js';
import { redisAt } from '../../support/redis.js';
import { signedJob } from '../../support/signed-job.js';

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
let producers: Record<'delivery' | 'merchant-answers', Producer>;
beforeAll(async () => {
  // No gateway: what becomes owed stays so.
  herald = await Herald.start({ services: ['delivery', 'merchant-answers'] });
  redis = redisAt(herald.redisUrl);
  producers = {
    delivery: new Producer(herald, 'delivery'),
    'merchant-answers': new Producer(herald, 'merchant-answers'),
  };
}, 60_000);
afterAll(async () => {
  for (const producer of Object.values(producers ?? {})) await producer.close();
  redis?.disconnect();
  await herald?.stop();
});

/** Puts a job on a queue whose workers died so often; returns its key. */
async function putStalled(
  on: keyof typeof producers,
  { name, data, opts }: { name: string; data: object; opts?: { jobId: string } },
  stalls = 3,
): Promise<string> {
  const { queue } = producers[on];
  await queue.pause();
  const { id } = await queue.add(name, data, opts);
  const key = queue.toKey(id as string);
  await redis.hset(key, 'stc', stalls);
  await queue.resume();
  return key;
}

const aDelivery = (message = {}) => ({
  name: 'deliver',
  data: { correlationId: randomUUID(), companyId: herald.company.id, body: aMessage(message) },
});
const owed = (id: string) => herald.query('select job, body, alone, job_id from outbox where id = $1', [id]);
const letters = (id: string) =>
  herald.query<{ error: string; content: string }>(
    'select error, content from dead_letters where correlation_id = $1',
    [id],
  );
const isGone = (key: string) => eventually(async () => (await redis.exists(key)) === 0);
/** A row that is published, and not looked for before long. */
const owe = (id: string, body: object) =>
  herald.query(
    `insert into outbox (id, queue, job, company_id, body, accepted_at, job_id, queued_at)
     values ($1, 'delivery', 'deliver', $2, $3, now(), gen_random_uuid(), now() + interval '1 hour')`,
    [id, herald.company.id, JSON.stringify(body)],
  );

describe('a direct job whose workers died too often', () => {
  it('becomes owed, to be tried alone, and leaves Redis', async () => {
    const job = aDelivery();
    const key = await putStalled('delivery', job);
    const [row] = await eventually(
      async () => (await owed(job.data.correlationId)).length > 0 && owed(job.data.correlationId),
    );
    expect(row).toMatchObject({ job: 'deliver', alone: true });
    await isGone(key);
    expect(await letters(job.data.correlationId)).toEqual([]);
  });

  it.each([
    ['NUL', '\u0000'],
    ['half an emoji', '\ud83d'],
  ])('is a dead letter when its body holds %s, which the outbox cannot', async (_, text) => {
    const correlationId = randomUUID();
    const data = { correlationId, merchantId: 1, body: { context: { question: text } } };
    await putStalled('merchant-answers', { name: 'request', data });
    const [letter] = await eventually(async () => (await letters(correlationId)).length > 0 && letters(correlationId));
    expect(letter).toEqual({ error: 'holds characters that cannot be stored', content: JSON.stringify(data) });
  });

  it('is a dead letter when another message is owed under its correlationId', async () => {
    const job = aDelivery();
    const { correlationId: id } = job.data;
    await owe(id, aMessage({ title: 'another' }));
    const before = await owed(id);
    await putStalled('delivery', job);
    const [letter] = await eventually(async () => (await letters(id)).length > 0 && letters(id));
    expect(letter).toEqual({ error: 'correlationId is in use', content: JSON.stringify(job.data) });
    expect(await owed(id)).toEqual(before);
  });

  it('leaves when the same message is owed already', async () => {
    const job = aDelivery();
    const { correlationId: id, body } = job.data;
    await owe(id, body);
    await isGone(await putStalled('delivery', job));
    expect(await owed(id)).toHaveLength(1);
    expect(await letters(id)).toEqual([]);
  });
});

describe("a gateway's own job whose workers died more often still", () => {
  const signed = (name: string, data: object, transport = {}) =>
    signedJob(herald.namespace, 'delivery', name, data, transport);
  const lettersOf = (job: string) => herald.query('select from dead_letters where job = $1', [job]);

  it.each([3, 4, 9])('is no dead letter, and its messages are tried alone: %d times', async (stalls) => {
    const id = randomUUID();
    await owe(id, aMessage());
    await isGone(await putStalled('delivery', signed('owed', { ids: [id] }), stalls));
    expect(await owed(id)).toMatchObject([{ alone: true, job_id: null }]);
    expect(await lettersOf('owed')).toEqual([]);
  });

  it.each([
    ['leaves the outbox when it is in the feed already', 1, []],
    ['is a dead letter when it is not', 0, [{ error: 'its worker died 3 times while it ran alone' }]],
  ])('a message that was begun alone three times %s', async (_, deliveries, expected) => {
    const job = aDelivery();
    const { correlationId: id, body } = job.data;
    for (let n = 0; n < deliveries; n++) {
      await putStalled('delivery', job, 0);
      await eventually(async () => (await herald.query('select from feed_messages where id = $1', [id])).length > 0);
    }
    await owe(id, body);
    const begun = { step: 'attempt', at: new Date().toISOString(), attempt: 1, alone: true };
    const history = JSON.stringify([begun, begun, begun]);
    await herald.query('update outbox set alone = true, history = $2 where id = $1', [id, history]);
    await putStalled('delivery', signed('owed', { ids: [id] }, { alone: true }), 0);
    await eventually(async () => (await owed(id)).length === 0);
    expect(await letters(id)).toMatchObject(expected);
  });

  it('is skipped when nobody waits for its answer any more', async () => {
    const data = { correlationId: randomUUID(), companyId: herald.company.id, body: { login: 'dmurta' } };
    const job = signed('read-all', data, { replyTo: `${herald.namespace}:replies:${randomUUID()}`, deadline: 1 });
    const key = await putStalled('delivery', job, 4);
    expect(await eventually(() => redis.hget(key, 'returnvalue'))).toBe('{"skipped":true}');
    expect(await lettersOf('read-all')).toEqual([]);
  });

  it('is a dead letter when it is forged, and is not read', async () => {
    const id = randomUUID();
    await owe(id, aMessage());
    const before = await owed(id);
    const data = { ids: [id], $herald: { proof: 'x'.repeat(43) } };
    await putStalled('delivery', { name: 'owed', data }, 4);
    expect(await eventually(async () => (await lettersOf('owed'))[0])).toBeDefined();
    expect(await owed(id)).toEqual(before);
  });
});
