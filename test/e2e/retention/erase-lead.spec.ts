import { randomUUID } from 'node:crypto';
import { merchantTenant } from '@herald/contracts';
import { completeLead, Database, eraseTraces, findTraces, subjectOfLead } from '@herald/database';
import { commandLine } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';
import { mentions } from '../../support/mentions.js';
import { freshDatabase, type FreshDatabase } from '../../support/servers.js';

const PHONE = '+15550009';
/** The lead's name, and in texts the sign that they are about the lead. */
const NAME = 'Zoë Who-Goes';
/** The name of another person, whose data must stay. */
const STAYS = 'who-stays';

describe('in the database', () => {
  let fresh: FreshDatabase;
  let database: Database;
  beforeEach(async () => {
    fresh = await freshDatabase();
    database = new Database({ url: fresh.url, applicationName: 'test-erase-lead', poolSize: 2 });
    await database.query(
      `insert into conversations (id, merchant_id, lead_phone, lead_name, updated_at) values
         (456, 1, $1, $2, now()), (457, 2, $1, $2, now()), (458, 1, null, null, now()),
         (45, 1, $1 || '0', $3, now()), (4567, 1, null, $3, now())`,
      [PHONE, NAME, STAYS],
    );
    await aQuestion(1, 456, { question: NAME });
    await aQuestion(2, 457, { question: NAME });
    await aQuestion(3, 458, { question: NAME, lead_phone: PHONE });
    await aQuestion(4, 458, { question: NAME });
    await aQuestion(5, 45, { question: NAME, lead_phone: PHONE });
    await aQuestion(11, 45, { question: STAYS, lead_phone: `${PHONE}0` });
    for (const place of [anOwed, aDeadLetter, aDirectLetter]) for (const [row, more] of ROWS) await place(...row, more);
    await aLetter('merchant-answers', 'reqest', null, `{"merchantId":1,"body":{"context":{"lead_phone": "${PHONE}"`);
    await aLetter('merchant-answers', 'request', null, `{"merchantId":2,"lead_phone":"${PHONE}"`);
    await aLetter('merchant-answers', 'request', null, `{"merchantId":11,"lead_phone":"${PHONE}0"} ${STAYS}`);
  });
  afterEach(async () => {
    await database.close();
    await fresh.drop();
  });

  const aQuestion = (id: number, conversation: number, context: object) =>
    database.query(
      `insert into notifications (id, correlation_id, merchant_id, conversation_id, notification_type, context, status,
                                  requested_fields, answered_fields, answer_schema, allow_multiple_answers, answer, answer_id)
       select $1, gen_random_uuid(), c.merchant_id, c.id, t.name, $3, 'answered', t.requested_fields, t.answered_fields,
              t.answer_schema, false, jsonb_build_object('answer', $3::jsonb ->> 'question'), gen_random_uuid()
         from conversations c, notification_types t where c.id = $2 and t.name = 'user_question_request'`,
      [id, conversation, JSON.stringify(context)],
    );

  type Row = [job: string, merchant: number, body: object];
  const answered = (conversation: object, question: object): object => ({
    conversation,
    notification: { id: 456 },
    question,
    answer: { answer: NAME },
  });
  const ofMerchant = (merchantId: number, body: object, notificationId?: number) => ({
    merchantId,
    notificationId,
    body,
  });
  const upsert = (body: object) => ({ body });
  /** The last is what else stands in the row. */
  const ROWS: [Row, string][] = [
    [['request', 1, ofMerchant(1, { conversation_id: 456, context: {} })], NAME],
    [['request', 1, ofMerchant(1, { conversation_id: '458', context: {} })], NAME],
    [['request', 2, ofMerchant(2, { conversation_id: 9, context: { lead_phone: PHONE } })], NAME],
    [['answer', 1, ofMerchant(1, { answer: NAME }, 1)], NAME],
    [['answer', 1, ofMerchant(1, { answer: NAME }, 5)], NAME],
    [['conversation.upsert', 1, upsert({ id: 456, lead_name: NAME })], NAME],
    [['conversation.upsert', 2, upsert({ id: 9, lead_phone: PHONE })], NAME],
    [['answered', 1, answered({ id: 9, lead_phone: PHONE }, {})], NAME],
    [['answered', 1, answered({ id: 458, lead_phone: null }, {})], NAME],
    [['answered', 2, answered({ id: 9, lead_phone: null }, { lead_phone: PHONE })], NAME],
    [['expired', 1, answered({ id: 458, lead_phone: null }, {})], NAME],
    [['requested', 2, answered({ id: 9, lead_phone: null }, { lead_phone: PHONE })], NAME],
    [['request', 1, ofMerchant(1, { conversation_id: 4567, context: { lead_phone: `${PHONE}0` } })], STAYS],
    [['answer', 1, ofMerchant(1, { answer: 'x' }, 11)], STAYS],
    [['conversation.upsert', 1, upsert({ id: 45, lead_name: 'x' })], STAYS],
    [['answered', 1, { ...answered({ id: 45, lead_phone: null }, {}), answer: {} }], STAYS],
  ];
  const queueOf = (job: string) => {
    if (job === 'answered') return 'merchant-answers.answered';
    return ['requested', 'expired'].includes(job) ? 'merchant-answers.events' : 'merchant-answers';
  };

  const anOwed = (job: string, merchant: number, body: object, about: string) =>
    database.query(
      `insert into outbox (id, queue, job, company_id, accepted_at, body) values ($1, $2, $3, $4, now(), $5)`,
      [randomUUID(), queueOf(job), job, merchantTenant(merchant), JSON.stringify({ ...body, about })],
    );
  const aLetter = (queue: string, job: string, tenant: string | null, content: string) =>
    database.query(
      `insert into dead_letters (queue, job, company_id, content, error) values ($1, $2, $3, $4, 'broken')`,
      [queue, job, tenant, content],
    );
  /** From the outbox: its body as Postgres writes it. */
  const aDeadLetter = async (job: string, merchant: number, body: object, about: string) => {
    const [spaced] = await database.query<{ text: string }>('select $1::jsonb::text as text', [
      JSON.stringify({ ...body, about }),
    ]);
    return aLetter(queueOf(job), job, merchantTenant(merchant), spaced?.text as string);
  };
  /** From the queue: the job's data as it came. */
  const aDirectLetter = (job: string, merchant: number, body: object, about: string) =>
    aLetter(
      queueOf(job),
      job,
      merchantTenant(merchant),
      JSON.stringify({ correlationId: randomUUID(), ...body, about }),
    );

  /** The phone of another begins with this one. */
  const left = async () =>
    (await mentions((sql) => database.query(sql), NAME, PHONE)).filter((row) =>
      [NAME, PHONE].some((word) => row.replaceAll(`${PHONE}0`, '').includes(word)),
    );
  const staying = () => mentions((sql) => database.query(sql), STAYS);

  it('nothing of a lead is left, and nobody else is touched', async () => {
    const others = await staying();
    expect(others).toHaveLength(2 + 1 + 3 * 4 + 1);
    const subject = subjectOfLead(await completeLead(database, { phone: PHONE }));
    const found = await findTraces(database, subject);
    expect(found).toEqual({
      'owed messages': 7,
      questions: 5,
      'owed events': 5,
      'dead letters': 26,
      conversations: 3,
    });
    expect(await eraseTraces(database, subject)).toEqual(found);
    expect(await left()).toEqual([]);
    expect(await staying()).toEqual(others);
  });

  it.each(['owed messages', 'questions', 'owed events', 'dead letters', 'conversations'])(
    'something would be left without looking at the %s',
    async (name) => {
      const subject = subjectOfLead(await completeLead(database, { phone: PHONE }));
      const others = subject.traces.filter((trace) => trace.name !== name);
      expect(others).toHaveLength(4);
      await eraseTraces(database, { ...subject, traces: others });
      expect(await left()).not.toEqual([]);
    },
  );

  it('a lead of one merchant stays with another', async () => {
    const ofAll = async () => findTraces(database, subjectOfLead(await completeLead(database, { phone: PHONE })));
    const args = ['erase', '--lead', PHONE, '--merchant', '1', '--yes', '--json'];
    const { stdout, stderr } = await commandLine(fresh.url, ...args);
    expect(JSON.parse(stdout || stderr)).toMatchObject({ lead: PHONE, merchantId: 1 });
    expect(await ofAll()).toEqual({
      'owed messages': 2,
      questions: 1,
      'owed events': 2,
      'dead letters': 9,
      conversations: 1,
    });
  });
});

describe('beside services', () => {
  let herald: Herald;
  let producer: Producer;
  beforeAll(async () => {
    const env = { MERCHANT_ANSWERED_EVENTS: 'on' };
    herald = await Herald.start({ services: ['gateway', 'merchant-answers'], env });
    producer = new Producer(herald, 'merchant-answers');
  }, 60_000);
  afterAll(async () => {
    await producer?.close();
    await herald?.stop();
  });

  it('what they wrote of a lead is found by its phone, and a dry run changes nothing', async () => {
    const merchant = new Merchant(herald);
    const id = 77_001;
    const body = {
      id,
      merchant_id: merchant.id,
      lead_phone: PHONE,
      lead_name: NAME,
      updated_at: '2026-01-02T03:04:05Z',
    };
    await producer.put('conversation.upsert', { correlationId: randomUUID(), body });
    await eventually(async () => (await herald.query(`select from conversations where id = ${id}`)).length === 1);
    const context = { question: `It is ${NAME}`, lead_phone: PHONE };
    const notificationId = await merchant.open({ conversation_id: id, context });
    expect((await merchant.answer(notificationId, { answer: `Hello ${NAME}` })).status).toBe(200);
    const late = { correlationId: randomUUID(), merchantId: merchant.id, notificationId };
    await producer.put('answer', { ...late, body: { answer: `Again, ${NAME}` } });
    await producer.put('conversation.upsert', { correlationId: randomUUID(), body: { ...body, merchant_id: 2 } });
    await eventually(async () => (await herald.query('select from dead_letters')).length === 2, 20_000);

    const told = () => mentions((sql) => herald.query(sql), NAME, PHONE);
    const erase = (...args: string[]) => commandLine(herald.databaseUrl, 'erase', '--lead', PHONE, ...args);
    const before = await told();
    // The conversation, the question, its event and two dead letters.
    expect(before).toHaveLength(5);
    const counts = '0 owed messages, 1 questions, 1 owed events, 2 dead letters, 1 conversations.';
    expect((await erase('--dry-run')).stdout).toContain(`would be erased: ${counts}`);
    expect((await told()).length).toBe(before.length);
    expect(await erase()).toMatchObject({ failed: true, stderr: expect.stringContaining('--yes') });
    expect((await erase('--yes')).stdout).toContain(`lead ${PHONE} of all merchants erased: ${counts}`);
    expect(await told()).toEqual([]);
    // Jobs left on the queue bring nothing back.
    expect((await merchant.list()).body.some((item: { id: number }) => item.id === notificationId)).toBe(false);
    expect((await erase('--dry-run')).stdout).toMatch(/would be erased: 0 .* 0 conversations/);
  }, 60_000);
});
