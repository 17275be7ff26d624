import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { signedJob } from '../../support/signed-job.js';

let herald: Herald;
let merchant: Merchant;
let producer: Producer;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'] });
  merchant = new Merchant(herald);
  producer = new Producer(herald, 'merchant-answers');
});
afterAll(async () => {
  await producer.close();
  await herald.stop();
});

const put = async (job: string, data: object = {}) => {
  const correlationId = randomUUID();
  await producer.put(job, { correlationId, ...data });
  return correlationId;
};
const aConversation = (changes: object = {}) => ({
  id: Math.floor(Math.random() * 1e9) + 1000,
  merchant_id: merchant.id,
  lead_phone: '+15550001',
  lead_name: 'Ann',
  updated_at: '2026-01-02T03:04:05.000001Z',
  ...changes,
});
const conversation = async (id: number) =>
  (await herald.query('select merchant_id::int, lead_phone, lead_name from conversations where id = $1', [id]))[0];
const madeBy = async (correlationId: string) =>
  (await herald.query<{ id: string }>('select * from notifications where correlation_id = $1', [correlationId]))[0];
const deadLetter = (correlationId: string) =>
  eventually(
    async () =>
      (
        await herald.query<{ error: string }>('select * from dead_letters where correlation_id = $1', [correlationId])
      )[0],
  );

describe('conversation.upsert', () => {
  it('makes a conversation, and the latest updated_at wins in whatever order they come', async () => {
    const body = aConversation();
    await put('conversation.upsert', { body });
    await eventually(() => conversation(body.id));
    await put('conversation.upsert', { body: { ...body, lead_name: 'Bea', updated_at: '2026-01-02T03:04:05.000003' } });
    await eventually(async () => (await conversation(body.id))?.lead_name === 'Bea');
    const late = await put('conversation.upsert', {
      body: { ...body, lead_name: 'Old', updated_at: '2026-01-02T03:04:05.000002Z' },
    });
    await eventually(async () => (await herald.query('select id from requests where id = $1', [late])).length === 1);
    expect(await conversation(body.id)).toEqual({ merchant_id: 1, lead_phone: '+15550001', lead_name: 'Bea' });
  });

  it('of the same second wins when it comes later', async () => {
    const body = aConversation({ updated_at: '2026-01-02T03:04:05Z' });
    await put('conversation.upsert', { body });
    await eventually(() => conversation(body.id));
    await put('conversation.upsert', { body: { ...body, lead_name: 'Bea' } });
    expect(await eventually(async () => (await conversation(body.id))?.lead_name === 'Bea')).toBe(true);
  });

  it.each([
    ['an offset without a colon', '2026-01-02T05:04:05+0200', '2026-01-02T03:04:05.000000Z'],
    ['an offset of hours alone', '2026-01-02T03:04:05+00', '2026-01-02T03:04:05.000000Z'],
    ['a comma before the fraction', '2026-01-02T03:04:00,5Z', '2026-01-02T03:04:00.500000Z'],
    ['nanoseconds', '2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456Z'],
    ['no zone', '2026-01-02T03:04:05.000001', '2026-01-02T03:04:05.000001Z'],
    ['a day alone', '2026-01-02', '2026-01-02T00:00:00.000000Z'],
    ['the first moment there is', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
  ])('takes a time with %s', async (_, updated_at, stored) => {
    const body = aConversation({ updated_at });
    await put('conversation.upsert', { body });
    await eventually(() => conversation(body.id));
    const text = `to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    expect(await herald.query(`select ${text} as at from conversations where id = $1`, [body.id])).toEqual([
      { at: stored },
    ]);
  });

  it.each(['', ' ', '\u200b'])('has no lead where it says %j', async (blank) => {
    const body = aConversation({ lead_name: blank, lead_phone: blank });
    await put('conversation.upsert', { body });
    expect(await eventually(() => conversation(body.id))).toMatchObject({ lead_name: null, lead_phone: null });
  });

  it('with another merchant is a dead letter, and the conversation stays whose it is', async () => {
    const body = aConversation();
    await put('conversation.upsert', { body });
    await eventually(() => conversation(body.id));
    const id = await put('conversation.upsert', {
      body: { ...body, merchant_id: 2, updated_at: '2027-01-01T00:00:00Z' },
    });
    expect(await deadLetter(id)).toMatchObject({ error: expect.stringContaining('another merchant') });
    expect(await conversation(body.id)).toMatchObject({ merchant_id: 1 });
  });

  it.each([
    ['an unknown field', { nickname: 'x' }],
    ['no updated_at', { updated_at: undefined }],
    ['a day that does not exist', { updated_at: '2024-02-30T00:00:00Z' }],
    ['now', { updated_at: 'now' }],
    ['an offset that Postgres does not know', { updated_at: '2026-01-02T03:04:05+16:00' }],
    ['a moment before the first year', { updated_at: '0001-01-01T00:00:00+01:00' }],
    ['a merchant that is no number', { merchant_id: '1' }],
    ['a NUL', { lead_name: 'a\u0000b' }],
  ])('with %s breaks the contract', async (_, changes) => {
    const id = await put('conversation.upsert', { body: aConversation(changes) });
    expect(await deadLetter(id)).toMatchObject({ job: 'conversation.upsert', error: expect.stringContaining('body') });
  });
});

describe('request, answer and delete as jobs of an internal service', () => {
  it('have the effect of the routes', async () => {
    const correlationId = await put('request', { v: 1, merchantId: merchant.id, body: merchant.aRequest() });
    const made = await eventually(() => madeBy(correlationId));
    const { body } = await merchant.list('?status=requested');
    expect(body[0]).toMatchObject({ id: Number(made.id), notification_type: 'user_question_request' });

    await put('answer', { merchantId: merchant.id, notificationId: Number(made.id), body: { answer: 'Yes' } });
    await eventually(async () =>
      (await merchant.list('?status=answered')).body.some((item: { id: number }) => item.id === Number(made.id)),
    );

    await put('delete', { merchantId: merchant.id, notificationId: Number(made.id) });
    await eventually(async () => !(await madeBy(correlationId)));
  });

  it('take the id of the job for a correlationId that is missing', async () => {
    const jobId = randomUUID();
    await producer.put('request', { merchantId: merchant.id, body: merchant.aRequest() }, { jobId });
    expect(await eventually(() => madeBy(jobId))).toMatchObject({ status: 'requested' });
  });

  it('come twice and have one effect', async () => {
    const data = { correlationId: randomUUID(), merchantId: merchant.id, body: merchant.aRequest() };
    for (let n = 0; n < 20; n++) await put('request', data);
    await eventually(() => madeBy(data.correlationId));
    await eventually(async () => (await producer.queue.getJobCountByTypes('wait', 'active')) === 0);
    expect(await herald.query('select id from dead_letters where correlation_id = $1', [data.correlationId])).toEqual(
      [],
    );
  });

  it('with the correlationId of something else are dead letters', async () => {
    const correlationId = await put('request', { merchantId: merchant.id, body: merchant.aRequest() });
    await eventually(() => madeBy(correlationId));
    await put('request', { correlationId, merchantId: merchant.id, body: merchant.aRequest() });
    expect(await deadLetter(correlationId)).toMatchObject({ job: 'request' });
  });

  it('that are refused are dead letters with their content, since nobody waits for a reply', async () => {
    const id = await merchant.open();
    await merchant.answer(id);
    const late = await put('answer', { merchantId: merchant.id, notificationId: id, body: { answer: 'too late' } });
    expect(await deadLetter(late)).toMatchObject({
      queue: 'merchant-answers',
      job: 'answer',
      error: expect.stringContaining('already been answered'),
      content: expect.stringContaining('too late'),
    });
    const foreign = await put('delete', { merchantId: 2, notificationId: id });
    expect(await deadLetter(foreign)).toMatchObject({ error: 'Notification not found' });
  });

  it('a request waits for its conversation, which may still come', async () => {
    const body = aConversation();
    const early = await put('request', {
      merchantId: merchant.id,
      body: { ...merchant.aRequest(), conversation_id: body.id },
    });
    await eventually(async () => (await producer.queue.getJobCountByTypes('delayed')) > 0);
    await put('conversation.upsert', { body });
    expect(await eventually(() => madeBy(early), 20_000)).toMatchObject({ conversation_id: String(body.id) });
  });
});

describe('jobs of a worker that died', () => {
  async function putOwed(ids: string[]): Promise<void> {
    const { name, data, opts } = signedJob(herald.namespace, 'merchant-answers', 'owed', { ids });
    await producer.put(name, data, opts);
  }

  it.each([
    ['request', () => ({ merchantId: merchant.id, body: merchant.aRequest() })],
    ['conversation.upsert', () => ({ body: aConversation() })],
  ])('%s is worked off from the outbox, and leaves it', async (job, data) => {
    const id = randomUUID();
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at, alone) values ($1, 'merchant-answers', $2, $3, $4, now(), true)`,
      [id, job, randomUUID(), JSON.stringify(data())],
    );
    await putOwed([id]);
    await eventually(async () => (await herald.query('select id from outbox where id = $1', [id])).length === 0);
    expect(await herald.query('select id from requests where id = $1', [id])).toHaveLength(1);
    expect(await herald.query('select id from dead_letters where correlation_id = $1', [id])).toEqual([]);
  });

  it('an answer too; one that is refused becomes a dead letter, and only that one', async () => {
    const open = await merchant.open();
    const ids = [randomUUID(), randomUUID()];
    for (const [n, id] of ids.entries()) {
      await herald.query(
        `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, 'merchant-answers', 'answer', $2, $3, now())`,
        [id, randomUUID(), JSON.stringify({ merchantId: merchant.id, notificationId: open, body: { answer: `${n}` } })],
      );
    }
    await putOwed(ids);
    await eventually(async () => (await herald.query('select id from outbox where id = any($1)', [ids])).length === 0);
    expect(await deadLetter(ids[1] as string)).toMatchObject({
      error: expect.stringContaining('already been answered'),
    });
    expect((await herald.query('select answer from notifications where id = $1', [open]))[0]).toEqual({
      answer: { answer: '0' },
    });
  });
});

it('garbage on the queue is contained: the worker lives, and each piece is a dead letter', async () => {
  const before = (await herald.query('select id from dead_letters')).length;
  const garbage: [string, unknown][] = [
    ['answer', null],
    ['answer', 'x'],
    ['answer', { merchantId: merchant.id, notificationId: 1.5, body: {} }],
    ['answer', { correlationId: randomUUID(), merchantId: merchant.id, notificationId: 1, body: [] }],
    ['answer', { correlationId: randomUUID(), merchantId: 2 ** 60, notificationId: 1, body: { answer: 'x' } }],
    [
      'request',
      { correlationId: randomUUID(), merchantId: merchant.id, body: { context: { a: '\u0000'.repeat(50_000) } } },
    ],
    ['request', { correlationId: randomUUID(), companyId: randomUUID(), body: {} }],
    ['delete', { correlationId: 'x', merchantId: 1, notificationId: 1 }],
    ['owed', { ids: ['x'] }],
    ['nonsense', {}],
    ['__proto__', { correlationId: randomUUID() }],
  ];
  for (const [job, data] of garbage) await producer.put(job, data);
  await eventually(
    async () => (await herald.query('select id from dead_letters')).length >= before + garbage.length,
    20_000,
  );
  expect((await merchant.request()).status).toBe(200);
});
