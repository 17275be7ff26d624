import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { saveType } from '@herald/database';
import type { Answer } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';

const EXPIRED = 'This notification has expired and cannot be answered.';

let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'merchant-answers'], env: { MERCHANT_EVENTS: 'on' } });
  merchant = new Merchant(herald);
  await herald.startService('merchant-answers', {}, 'second worker');
});
afterAll(() => herald.stop());

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

interface Row {
  status: string;
  expires_at: Date | null;
  ended_at: Date | null;
}
const rowOf = async (id: number) =>
  (await herald.query<Row>('select status, expires_at, ended_at from notifications where id = $1', [id]))[0] as Row;
const statusOf = async (id: number) => (await rowOf(id))?.status;

/** What was told of a question, in order. */
const eventsOf = async (id: number) =>
  (
    await herald.query<{ job: string }>(
      `select job from outbox where queue = 'merchant-answers.events' and (body #>> '{notification,id}')::int = $1
        order by accepted_at, job = 'requested' desc`,
      [id],
    )
  ).map(({ job }) => job);

const isListed = async (id: number, query = '') =>
  (await merchant.list(query)).body.some((item: { id: number }) => item.id === id);

describe('a question with an end', () => {
  it('expires then, is listed as open no longer, and takes no answer', async () => {
    const id = await merchant.open({ expires_at: inSeconds(3) });
    expect(await isListed(id, '?status=requested')).toBe(true);
    await eventually(async () => (await statusOf(id)) === 'expired');
    const { ended_at, expires_at } = await rowOf(id);
    expect(Number(ended_at) - Number(expires_at)).toBeGreaterThanOrEqual(0);
    expect([await isListed(id, '?status=requested'), await isListed(id, '?status=expired')]).toEqual([false, true]);
    expect(await merchant.answer(id)).toMatchObject({
      status: 500,
      body: { error: 'ValidationError', message: EXPIRED, detail: EXPIRED },
    });
    expect(await eventsOf(id)).toEqual(['requested', 'expired']);
  });

  it('takes no answer after its time, also while no worker has marked it', async () => {
    const id = await merchant.open({ expires_at: inSeconds(3) });
    const lock = await herald.pool.connect();
    await lock.query('begin');
    await lock.query('select from notifications where id = $1 for update', [id]);
    await eventually(async () => Date.now() > Number((await rowOf(id)).expires_at) + 300);
    expect(await statusOf(id)).toBe('requested');
    expect((await merchant.answer(id)).body.detail).toBe(EXPIRED);
    await lock.query('rollback');
    lock.release();
    await eventually(async () => (await statusOf(id)) === 'expired');
  });

  it('is not answered after it by a worker of the version before, which does not know the end', async () => {
    const id = await merchant.open({ expires_at: inSeconds(1.5) });
    await eventually(async () => (await statusOf(id)) === 'expired');
    await herald.query(
      `update notifications set status = 'answered', answer = '{"answer": "late"}', answer_id = gen_random_uuid() where id = $1`,
      [id],
    );
    expect(await statusOf(id)).toBe('expired');
  });

  it('may be answered before, and does not expire then', async () => {
    const id = await merchant.open({ expires_at: inSeconds(4) });
    expect((await merchant.answer(id)).status).toBe(200);
    const later = await merchant.open({ expires_at: inSeconds(4.5) });
    await eventually(async () => (await statusOf(later)) === 'expired');
    expect([await statusOf(id), await eventsOf(id)]).toEqual(['answered', ['requested', 'answered']]);
  });

  it('may be deleted after it, which is no second end', async () => {
    const id = await merchant.open({ expires_at: inSeconds(1.5) });
    await eventually(async () => (await statusOf(id)) === 'expired');
    expect([(await merchant.delete(id)).status, (await merchant.delete(id)).status]).toEqual([200, 404]);
    expect(await eventsOf(id)).toEqual(['requested', 'expired']);
  });

  it('refuses an answer that comes too late as a job: it is a dead letter', async () => {
    const id = await merchant.open({ expires_at: inSeconds(1.5) });
    await eventually(async () => (await statusOf(id)) === 'expired');
    const producer = new Producer(herald, 'merchant-answers');
    const correlationId = randomUUID();
    await producer.put('answer', {
      correlationId,
      merchantId: merchant.id,
      notificationId: id,
      body: { answer: 'late' },
    });
    const letter = await eventually(
      async () => (await herald.query('select error from dead_letters where correlation_id = $1', [correlationId]))[0],
    );
    expect(letter).toEqual({ error: EXPIRED });
    await producer.close();
  });

  it('is asked once, however often the request comes, also after its end', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { ...merchant.aRequest(), expires_at: inSeconds(2) };
    const first = await merchant.request(body, headers);
    const id = () => first.headers.get('x-correlation-id');
    await eventually(
      async () =>
        (await herald.query('select status from notifications where correlation_id = $1', [id()]))[0]?.['status'] ===
        'expired',
    );
    expect((await merchant.request(body, headers)).status).toBe(200);
    expect((await merchant.request({ ...body, expires_at: inSeconds(60) }, headers)).status).toBe(422);
    expect(await herald.query('select from notifications where correlation_id = $1', [id()])).toHaveLength(1);
  });

  it('needs none: who names no end has none', async () => {
    const ids = [await merchant.open(), await merchant.open({ expires_at: null, remind_before: null })];
    for (const id of ids) expect(await rowOf(id)).toEqual({ status: 'requested', expires_at: null, ended_at: null });
  });
});

describe('a type that limits the time for an answer', () => {
  const [type] = ['quick_request'];
  beforeAll(() =>
    saveType(
      herald.database,
      {
        name: 'quick_request',
        requested_fields: ['question'],
        answered_fields: ['answer'],
        context_schema: {},
        answer_schema: {},
        allow_multiple_answers: true,
        answer_within: 2,
        remind_before: 1,
      },
      false,
    ),
  );

  it('ends its questions after that, and has them reminded of before, once', async () => {
    const id = await merchant.open({ notification_type: type });
    await eventually(async () => (await statusOf(id)) === 'expired');
    expect(await eventsOf(id)).toEqual(['requested', 'reminded', 'expired']);
  });

  it('leaves a request its own end and reminder', async () => {
    const id = await merchant.open({ notification_type: type, expires_at: inSeconds(60), remind_before: 56 });
    await eventually(async () => (await eventsOf(id)).includes('reminded'));
    expect(await statusOf(id)).toBe('requested');
  });

  it('reminds of none whose reminder would be due when it is asked', async () => {
    const id = await merchant.open({ notification_type: type, expires_at: inSeconds(2), remind_before: 60 });
    await eventually(async () => (await statusOf(id)) === 'expired');
    expect(await eventsOf(id)).toEqual(['requested', 'expired']);
  });

  it('takes further answers where it allows several, though the time is over', async () => {
    const id = await merchant.open({ notification_type: type, expires_at: inSeconds(3) });
    expect((await merchant.answer(id)).status).toBe(200);
    await eventually(async () => Date.now() > Number((await rowOf(id)).expires_at) + 500);
    expect((await merchant.answer(id)).status).toBe(200);
    expect(await eventsOf(id)).toEqual(['requested', 'answered', 'answered']);
  });
});

it('deletes an open question as dismissed, once', async () => {
  const id = await merchant.open();
  const answers = await Promise.all([merchant.delete(id), merchant.delete(id), merchant.delete(id)]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404]);
  expect(await eventsOf(id)).toEqual(['requested', 'dismissed']);
});

it('counts what it did, and how late', async () => {
  const figures = await Promise.all(
    ['merchant-answers', 'second worker'].map((name) => Figures.of(herald.service(name))),
  );
  const sum = (name: string) => figures.reduce((all, each) => all + each.sum(name), 0);
  const ended = await herald.query(`select from outbox where job = 'expired'`);
  expect(sum('herald_questions_expired_total')).toBe(ended.length);
  expect(sum('herald_question_expiry_delay_seconds_count')).toBe(ended.length);
  expect(sum('herald_questions_reminded_total')).toBeGreaterThanOrEqual(2);
});

const RACES = 1000;
const SPREAD_MS = 12_000;

/** Questions that end one after the other, from `startMs` on. */
async function makeRacers(start: number): Promise<{ id: number; endsAt: number }[]> {
  const rows = await herald.query<{ id: string; expires_at: Date }>(
    `insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context, requested_fields,
                                answered_fields, answer_schema, allow_multiple_answers, expires_at)
     select gen_random_uuid(), $1, $2, t.name, '{"question": "Now?"}', t.requested_fields, t.answered_fields, t.answer_schema,
            false, to_timestamp($3::float8 / 1000) + n * $4::float8 * interval '1 millisecond'
       from generate_series(1, $5::int) n, notification_types t where t.name = 'user_question_request'
     returning id, expires_at`,
    [merchant.id, merchant.conversationId, start, SPREAD_MS / RACES, RACES],
  );
  return rows.map(({ id, expires_at }) => ({ id: Number(id), endsAt: expires_at.getTime() }));
}

async function surely(attempt: (key: { 'idempotency-key': string }) => Promise<Answer>): Promise<Answer> {
  const key = { 'idempotency-key': randomUUID() };
  for (;;) {
    const answer = await attempt(key);
    if (answer.status !== 503 && answer.status !== 504) return answer;
  }
}

it(`has exactly one end, of ${RACES} that were answered and deleted around their last moment`, async () => {
  const racers = await makeRacers(Date.now() + 1500);
  /** Each by an answer alone, a deletion alone or both, some milliseconds before or after. */
  const outcomes = await Promise.all(
    racers.map(async ({ id, endsAt }, n) => {
      const at = async () => sleep(Math.max(0, endsAt - Date.now() + Math.random() * 800 - 600));
      const answered = n % 3 === 1 ? undefined : at().then(() => surely((key) => merchant.answer(id, undefined, key)));
      const deleted = n % 3 === 2 ? undefined : at().then(() => surely((key) => merchant.delete(id, key)));
      return { id, answered: await answered, deleted: await deleted };
    }),
  );
  await eventually(
    async () =>
      (await herald.query(`select from notifications where status = 'requested' and expires_at < now()`)).length === 0,
  );
  const told = await herald.query<{ id: number; ends: string[]; late: boolean }>(
    `select (body #>> '{notification,id}')::int as id, array_agg(job) as ends,
            -- Both are whole milliseconds: an answer half a millisecond before the end is told as at the end.
            bool_or(job = 'answered' and body ->> 'answered_at' > body #>> '{notification,expires_at}'
                    or job = 'expired' and body ->> 'expired_at' < body #>> '{notification,expires_at}') as late
       from outbox where queue = 'merchant-answers.events' and job in ('answered', 'dismissed', 'expired') group by 1`,
  );
  const endsOf = new Map(told.map(({ id, ends }) => [id, ends]));
  const ids = new Set(racers.map(({ id }) => id));
  expect(told.filter(({ id, late }) => late && ids.has(id))).toEqual([]);
  const wrong = outcomes.filter(({ id, answered, deleted }) => {
    const ends = endsOf.get(id) ?? [];
    if (ends.length !== 1 || (deleted && deleted.status !== 200)) return true;
    if ((answered?.status === 200) !== (ends[0] === 'answered')) return true;
    if (!deleted && answered?.body.detail === EXPIRED && ends[0] !== 'expired') return true;
    return ends[0] === 'dismissed' && answered?.status === 200;
  });
  expect(wrong.map(({ id, answered, deleted }) => [id, answered?.status, deleted?.status, endsOf.get(id)])).toEqual([]);
  const count = (end: string) => racers.filter(({ id }) => endsOf.get(id)?.[0] === end).length;
  for (const end of ['answered', 'dismissed', 'expired']) expect([end, count(end) > 0]).toEqual([end, true]);
}, 120_000);
