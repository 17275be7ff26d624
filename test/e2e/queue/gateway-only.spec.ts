import { randomUUID } from 'node:crypto';
import { agentActions, delivery, merchantAnswers } from '@herald/contracts';
import { Actions, aPerson } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { redisAt } from '../../support/redis.js';
import { signedJob } from '../../support/signed-job.js';

let herald: Herald;
let producers: Record<string, Producer>;
let redis: ReturnType<typeof redisAt>;
let subscriber: ReturnType<typeof redisAt>;
/** Everything that is published, but the beats of gateways and what wakes streams. */
const heard: { channel: string; message: string }[] = [];

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
  const queues = [delivery, agentActions, merchantAnswers].map(({ queue }) => queue);
  producers = Object.fromEntries(queues.map((queue) => [queue, new Producer(herald, queue)]));
  redis = redisAt(herald.redisUrl);
  subscriber = redisAt(herald.redisUrl);
  await subscriber.psubscribe(`*${herald.namespace}*`);
  subscriber.on('pmessage', (_pattern: string, channel: string, message: string) => {
    if (!channel.endsWith(':changes')) heard.push({ channel, message });
  });
}, 60_000);
afterAll(async () => {
  for (const producer of Object.values(producers ?? {})) await producer.close();
  redis?.disconnect();
  subscriber?.disconnect();
  await herald?.stop();
});

const put = (queue: string, job: string, data: unknown, options = {}) =>
  (producers[queue] as Producer).put(job, data, options);
const rows = (sql: string, ...values: unknown[]) => herald.query<Record<string, unknown>>(sql, values);
const someRow = (sql: string, ...values: unknown[]) => eventually(async () => (await rows(sql, ...values))[0], 20_000);
const letterOf = (correlationId: string) =>
  someRow('select job, error from dead_letters where correlation_id = $1', correlationId);

/** Channels of a forger's own, and of nobody. */
const channels = () => [`${herald.namespace}-mine`, `${herald.namespace}:replies:${randomUUID()}`];

async function aDelivered(message: object = {}): Promise<string> {
  const id = randomUUID();
  await put('delivery', 'deliver', { correlationId: id, companyId: herald.company.id, body: aMessage({ ...message }) });
  await someRow('select from feed_messages where id = $1', id);
  return id;
}

describe('a job that only a gateway may put on a queue', () => {
  it('does nothing without its proof: it is a dead letter, and nobody gets an answer', async () => {
    const companyId = herald.company.id;
    const messageId = await aDelivered();
    const person = aPerson();
    const notificationId = (await new Actions(herald).record({ recipients: [person] })).id as string;
    const forged: [string, string, object][] = [
      ['delivery', 'set-status', { login: 'dmurta', messageId, status: 'read' }],
      ['delivery', 'set-statuses', { login: 'dmurta', ids: [messageId], status: 'read' }],
      ['delivery', 'read-all', { login: 'dmurta' }],
      ['delivery', 'mark-all', { login: 'dmurta', mark: 'archived' }],
      ['agent-actions', 'set-status', { notificationId, userId: person.id, status: 'read' }],
    ];
    for (const [queue, job, body] of forged) {
      for (const replyTo of channels()) {
        const correlationId = randomUUID();
        const $herald = { replyTo, deadline: Date.now() + 60_000, proof: 'x'.repeat(43) };
        await put(queue, job, { v: 1, correlationId, companyId, body, $herald });
        expect(await letterOf(correlationId)).toEqual({ job, error: expect.stringContaining('only a gateway') });
      }
    }
    expect(heard).toEqual([]);
    expect(await rows('select status from feed_messages where id = $1', messageId)).toEqual([{ status: 'unread' }]);
    expect(await rows('select status from agent_actions where id = $1', notificationId)).toEqual([
      { status: 'unread' },
    ]);
  });

  it('does nothing to messages that are owed, however it is forged', async () => {
    const id = randomUUID();
    const { company } = herald;
    // Published to a job of its own, and not to be looked for before long.
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at, job_id, queued_at)
       values ($1, 'delivery', 'deliver', $2, $3, now(), gen_random_uuid(), now() + interval '1 hour')`,
      [id, company.id, JSON.stringify(aMessage())],
    );
    const owed = () => rows('select * from outbox where id = $1', id);
    const before = await owed();
    const { queue } = producers['delivery'] as Producer;
    const forged = async (jobId: string, data: object) => {
      await put('delivery', 'owed', data, { jobId, removeOnComplete: false });
      await eventually(async () => (await queue.getJob(jobId))?.finishedOn !== undefined, 20_000);
    };
    await forged(randomUUID(), { ids: [id] });
    for (let time = 0; time < 4; time++) await forged(randomUUID(), { ids: [id], $herald: { alone: true } });
    await queue.pause();
    const stalled = randomUUID();
    await put('delivery', 'owed', { ids: [id, randomUUID()] }, { jobId: stalled });
    await redis.hset(queue.toKey(stalled), 'stc', '3');
    await queue.resume();
    await eventually(async () => (await queue.getJob(stalled))?.finishedOn !== undefined, 20_000);
    const copied = signedJob(herald.namespace, 'delivery', 'owed', { ids: [id] }, { alone: true });
    await forged(randomUUID(), copied.data);
    expect(await owed()).toEqual(before);
    expect(await rows('select from feed_messages where id = $1', id)).toEqual([]);
    expect(await rows('select from dead_letters where content like $1', `%${id}%`)).toEqual([]);

    const { name, data, opts } = copied;
    await put('delivery', name, data, opts);
    await someRow('select from feed_messages where id = $1', id);
    expect(await owed()).toEqual([]);
  });

  it('is a dead letter when it names messages that nobody owes', async () => {
    const ids = [randomUUID(), randomUUID()];
    await put('delivery', 'owed', { ids });
    expect(await someRow('select job, error from dead_letters where content like $1', `%${ids[0]}%`)).toEqual({
      job: 'owed',
      error: expect.stringContaining('only a gateway'),
    });
  });
});

describe("a producer's job with a gateway's transport fields", () => {
  it('is worked off as if they were absent, whether it is good or broken, late or not', async () => {
    for (const replyTo of channels()) {
      for (const $herald of [{ replyTo }, { replyTo, deadline: 1 }, { deadline: 1, alone: true, traceparents: 'x' }]) {
        const [good, broken] = [randomUUID(), randomUUID()];
        const companyId = herald.company.id;
        await put('delivery', 'deliver', { correlationId: good, companyId, body: aMessage(), $herald });
        await put('delivery', 'deliver', { correlationId: broken, companyId, body: {}, $herald });
        await someRow('select from feed_messages where id = $1', good);
        await letterOf(broken);
      }
    }
    expect(heard).toEqual([]);
  });

  it('of a kind that a gateway asks for too gets no answer either, and its refusal is a dead letter', async () => {
    const merchant = new Merchant(herald);
    const notificationId = await merchant.open();
    heard.length = 0;
    const [first, second] = [randomUUID(), randomUUID()];
    const $herald = { replyTo: channels()[1], deadline: 1 };
    const answer = { merchantId: merchant.id, notificationId, body: { answer: 'Yes' }, $herald };
    await put('merchant-answers', 'answer', { correlationId: first, ...answer });
    await someRow('select from notifications where id = $1 and answer is not null', notificationId);
    await put('merchant-answers', 'answer', { correlationId: second, ...answer });
    expect(await letterOf(second)).toMatchObject({ job: 'answer' });
    expect(heard).toEqual([]);
  });
});

describe("a gateway's own job", () => {
  it('has no other effect and no other listener when somebody copies it', async () => {
    const id = await aDelivered();
    const mark = (status: string) =>
      call('PATCH', `${herald.url}/v1/feed/${id}`, { token: herald.jwtOf('dmurta'), body: { status } });
    heard.length = 0;
    expect((await mark('read')).status).toBe(200);
    const [replied] = await eventually(() => heard.length > 0 && heard);
    const { queue } = producers['delivery'] as Producer;
    const { jobId } = JSON.parse(replied!.message) as { jobId: string };
    const original = await queue.getJob(jobId);
    const { name, data } = original!;
    expect((await mark('archived')).status).toBe(200);

    await original!.remove();
    await put('delivery', name, data, { jobId });
    await eventually(async () => (await queue.getJob(jobId))?.finishedOn !== undefined);
    const elsewhere = { ...data, $herald: { ...data.$herald, replyTo: channels()[1] } };
    await put('delivery', name, elsewhere, { jobId: randomUUID() });
    await put('delivery', name, data, { jobId: randomUUID() });
    await eventually(
      async () => (await rows('select from dead_letters where correlation_id = $1', data.correlationId)).length === 2,
    );
    expect(await rows('select status from feed_messages where id = $1', id)).toEqual([{ status: 'archived' }]);
    expect(new Set(heard.map(({ channel }) => channel))).toEqual(new Set([replied!.channel]));
  });

  it.each([
    ['a channel of another kind', () => `${herald.namespace}:events`],
    ['a channel of another namespace', () => `${herald.namespace}x:replies:${randomUUID()}`],
    ['a channel with more to it', () => `${herald.namespace}:replies:${randomUUID()}:x`],
  ])('is answered on no channel but those for replies: %s', async (_, channel) => {
    heard.length = 0;
    const correlationId = randomUUID();
    const body = { login: 'nobody-at-all' };
    const asked = { v: 1, correlationId, companyId: herald.company.id, body };
    const job = signedJob(herald.namespace, 'delivery', 'read-all', asked, { replyTo: channel() });
    await put('delivery', job.name, job.data, job.opts);
    await someRow('select from requests where id = $1 and verdict is not null', correlationId);
    const { queue } = producers['delivery'] as Producer;
    await eventually(async () => (await queue.getJob(job.opts.jobId))?.finishedOn !== undefined);
    expect(heard).toEqual([]);
  });
});
