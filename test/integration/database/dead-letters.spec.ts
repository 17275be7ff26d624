import { randomUUID } from 'node:crypto';
import { agentActions, delivery, merchantAnswers } from '@herald/contracts';
import { Database, DeadLetters } from '@herald/database';
import { anAction } from '../../support/actions.js';
import { aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
let ops: Database;
let deadLetters: DeadLetters;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  ops = new Database({ url: herald.urlFor('herald_ops'), applicationName: 'test-ops', poolSize: 10 });
  deadLetters = new DeadLetters(ops);
});
afterAll(async () => {
  await ops.close();
  await herald.stop();
});
beforeEach(() => herald.query('truncate dead_letters, outbox, feed_messages, requests'));

interface Given {
  jobKey?: string | null;
  correlationId?: string | null;
  queue?: string;
  job?: string;
  companyId?: string | null;
  content?: unknown;
  error?: string;
  history?: object[];
  givenUpAt?: string;
}

/** A dead letter of a message that a gateway accepted; a test names only what matters to it. Returns its id. */
async function aDeadLetter(given: Given = {}): Promise<string> {
  const { content = aMessage() } = given;
  const [made] = await herald.query<{ id: string }>(
    `insert into dead_letters (job_key, correlation_id, queue, job, company_id, content, error, accepted_at, queued_at,
                               history, given_up_at)
     values ($1, $2, $3, $4, $5, $6, $7, '2026-01-01 10:00Z', '2026-01-01 10:01Z', $8, $9) returning id`,
    [
      given.jobKey ?? null,
      given.correlationId === undefined ? randomUUID() : given.correlationId,
      given.queue ?? 'delivery',
      given.job ?? 'deliver',
      given.companyId === undefined ? herald.company.id : given.companyId,
      typeof content === 'string' ? content : JSON.stringify(content),
      given.error ?? 'broken',
      JSON.stringify(given.history ?? []),
      given.givenUpAt ?? '2026-01-01 10:02Z',
    ],
  );
  return made!.id;
}

/** A dead letter of a job that came straight from the queue: nothing but its data is known for sure. */
const aDirectOne = (data: unknown, given: Given = {}) =>
  aDeadLetter({
    jobKey: `${randomUUID()}:1767261600000`,
    correlationId: null,
    companyId: null,
    content: data === undefined ? 'null' : JSON.stringify(data),
    ...given,
  });

const owed = (id: string) => herald.query('select * from outbox where id = $1', [id]);
const remaining = async () =>
  (await herald.query<{ id: string }>('select id from dead_letters order by id')).map(({ id }) => id);
const correlationOf = async (letter: string) => (await deadLetters.find(letter))!.correlationId as string;

describe('replaying', () => {
  it('moves a message back to the outbox, as it was, with all that happened to it', async () => {
    const attempt = { step: 'attempt', at: '2026-01-01T10:01:30.000Z', attempt: 1, alone: true };
    const letter = await aDeadLetter({ history: [attempt], error: 'no such table' });
    const id = await correlationOf(letter);
    expect(await deadLetters.replay([letter])).toEqual([{ id: letter, outcome: 'replayed' }]);
    expect(await remaining()).toEqual([]);
    const [row] = await owed(id);
    expect(row).toMatchObject({
      queue: 'delivery',
      job: 'deliver',
      company_id: herald.company.id,
      body: aMessage(),
      accepted_at: new Date('2026-01-01T10:00:00Z'),
      job_id: null,
      queued_at: null,
      alone: true,
    });
    expect(row!.history).toEqual([
      // Marks of its former life would count against it in the next.
      { step: 'attempt', at: '2026-01-01T10:01:30.000Z', attempt: 1 },
      { step: 'queued', at: '2026-01-01T10:01:00.000Z' },
      { step: 'given_up', at: '2026-01-01T10:02:00.000Z', detail: 'no such table' },
      { step: 'replayed', at: expect.stringMatching(/^20\d\d-.*Z$/) },
    ]);
  });

  it('is one transaction: one that dies halfway changes nothing', async () => {
    const letters = [await aDeadLetter(), await aDeadLetter()];
    const lock = await herald.pool.connect();
    await lock.query('begin; lock table outbox in share row exclusive mode');
    const replayed = deadLetters.replay(letters).catch((error: Error) => error);
    const { pid } = await eventually(async () => {
      const [waiting] = await herald.query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'test-ops' and wait_event_type = 'Lock'
            and query like '%insert into outbox%'`,
      );
      return waiting;
    });
    await herald.query('select pg_terminate_backend($1)', [pid]);
    await lock.query('rollback');
    lock.release();
    expect(await replayed).toBeInstanceOf(Error);
    expect(await remaining()).toEqual(letters);
    expect(await herald.query('select id from outbox')).toEqual([]);
    await deadLetters.replay(letters);
    expect(await remaining()).toEqual([]);
  });

  it('twenty times at once gives one row each', async () => {
    const letters: string[] = [];
    for (let n = 0; n < 50; n++) letters.push(await aDeadLetter());
    const backwards = letters.toReversed();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) => deadLetters.replay(n % 2 === 0 ? letters : backwards)),
    );
    const outcomes = all.flat().map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'replayed')).toHaveLength(50);
    expect(outcomes.filter((outcome) => outcome === 'gone')).toHaveLength(19 * 50);
    expect(await herald.query('select id from outbox')).toHaveLength(50);
    expect(await remaining()).toEqual([]);
    expect((await deadLetters.replay(letters)).every(({ outcome }) => outcome === 'gone')).toBe(true);
    expect(await herald.query('select id from outbox')).toHaveLength(50);
  });

  it('makes one row of a message that was given up twice', async () => {
    const data = { correlationId: randomUUID(), companyId: herald.company.id, body: aMessage() };
    const [first, second, third] = [
      await aDirectOne(data),
      await aDirectOne(data),
      await aDirectOne({ ...data, body: aMessage({ title: 'other' }) }),
    ];
    expect(await deadLetters.replay([first, second, third])).toEqual([
      { id: first, outcome: 'replayed' },
      { id: second, outcome: 'cleared', reason: expect.stringContaining('owed already') },
      { id: third, outcome: 'refused', reason: expect.stringContaining('another message') },
    ]);
    expect(await owed(data.correlationId)).toHaveLength(1);
    expect(await remaining()).toEqual([third]);
  });

  it('clears what is owed already, and refuses what has the id of another owed message', async () => {
    const [same, other] = [await aDeadLetter(), await aDeadLetter({ content: aMessage({ title: 'other' }) })];
    for (const letter of [same, other]) {
      await herald.query(
        `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, 'delivery', 'deliver', $2, $3, now())`,
        [await correlationOf(letter), herald.company.id, aMessage()],
      );
    }
    expect((await deadLetters.replay([same, other])).map(({ outcome }) => outcome)).toEqual(['cleared', 'refused']);
    expect(await remaining()).toEqual([other]);
    expect(await herald.query('select id from outbox')).toHaveLength(2);
  });

  it('says when a message is done already, and refuses it when another company did it', async () => {
    const [ours, theirs] = [await aDeadLetter(), await aDeadLetter()];
    for (const [letter, company] of [
      [ours, herald.company.id],
      [theirs, herald.otherCompany.id],
    ] as const) {
      await herald.query(
        `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, created_at, queued_at, started_at)
         values ($1, $2, 'Teste', 'x', 'a', 'b', '{}', now(), now(), now())`,
        [await correlationOf(letter), company],
      );
    }
    const known = await aDirectOne(
      { correlationId: randomUUID(), merchantId: 1, body: {} },
      { queue: merchantAnswers.queue, job: 'request' },
    );
    const { correlationId } = JSON.parse((await deadLetters.find(known))!.content) as { correlationId: string };
    await herald.query(`insert into requests (id, body_hash) values ($1, '')`, [correlationId]);
    expect(await deadLetters.replay([ours, theirs, known])).toEqual([
      { id: ours, outcome: 'compared', reason: expect.stringContaining('is delivered') },
      { id: theirs, outcome: 'refused', reason: expect.stringContaining('another company') },
      { id: known, outcome: 'compared', reason: expect.stringContaining('is delivered') },
    ]);
    expect(await remaining()).toEqual([theirs]);
  });

  const action = () => ({ companyId: herald.company.id, body: anAction() });
  const direct = () => ({ correlationId: randomUUID(), ...action() });
  it.each<[string, () => unknown, Given, string]>([
    ['null', () => null, {}, 'must be an object'],
    ['a word', () => 'x', {}, 'must be an object'],
    ['text that is no JSON', () => undefined, { content: '{"a": ' }, 'JSON'],
    ['no correlationId', action, {}, 'correlationId'],
    ['a correlationId that is none', () => ({ ...direct(), correlationId: 'x' }), {}, 'must be a UUID'],
    ['no company', () => ({ ...direct(), companyId: undefined }), {}, 'companyId'],
    ['a body that breaks the contract', () => ({ ...direct(), body: anAction({ title: '' }) }), {}, 'body.title'],
    ['a body with a NUL', () => ({ ...direct(), body: anAction({ title: 'a\u0000' }) }), {}, 'control characters'],
    ['a version to come', () => ({ ...direct(), v: 7 }), {}, 'v must be 1'],
    ['a job that nobody knows', direct, { job: 'nonsense' }, 'has no job "nonsense"'],
    ['a job named like a property of every object', direct, { job: '__proto__' }, 'has no job'],
    ['a queue that nobody knows', direct, { queue: 'nowhere' }, 'has no job'],
    ['ids of outbox rows', () => ({ ids: [randomUUID()] }), { job: 'owed' }, 'no message of its own'],
    [
      "a person's command",
      () => ({ ...direct(), body: { notificationId: randomUUID(), userId: randomUUID(), status: 'read' } }),
      { job: 'set-status' },
      'no message of its own',
    ],
  ])('refuses a job of an internal service that is %s, and leaves it', async (_, data, given, reason) => {
    const letter = await aDirectOne(data(), { queue: agentActions.queue, job: 'record', jobKey: 'a-job:1', ...given });
    expect(await deadLetters.replay([letter])).toEqual([
      { id: letter, outcome: 'refused', reason: expect.stringContaining(reason) },
    ]);
    expect(await remaining()).toEqual([letter]);
    expect(await herald.query('select id from outbox')).toEqual([]);
  });

  it('takes the id of the job for a correlationId that is missing, and knows that no gateway accepted it', async () => {
    const id = randomUUID();
    const letter = await aDirectOne(action(), {
      queue: agentActions.queue,
      job: 'record',
      jobKey: `${id}:1767261600000`,
    });
    expect(await deadLetters.replay([letter])).toEqual([{ id: letter, outcome: 'replayed' }]);
    const [row] = await owed(id);
    expect(row!.history[0]).toEqual({ step: 'queued', at: '2026-01-01T10:01:00.000Z', direct: true });
  });

  it('sends the others back when the content of one cannot be stored', async () => {
    const [good, bad, also] = [
      await aDeadLetter(),
      await aDeadLetter({ content: '{"message": "\\u0000"}' }),
      await aDeadLetter(),
    ];
    const outcomes = await deadLetters.replay([good, bad, also]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['replayed', 'refused', 'replayed']);
    expect(await remaining()).toEqual([bad]);
  });

  it('as a dry run reports the same and changes nothing', async () => {
    const [good, bad] = [await aDeadLetter(), await aDirectOne({})];
    expect((await deadLetters.replay([good, bad, '999999'], { dryRun: true })).map(({ outcome }) => outcome)).toEqual([
      'replayed',
      'refused',
      'gone',
    ]);
    expect(await remaining()).toEqual([good, bad]);
    expect(await herald.query('select id from outbox')).toEqual([]);
  });
});

describe('finding', () => {
  it('pages through all of them, newest first, each once', async () => {
    const letters: string[] = [];
    for (let n = 0; n < 25; n++) letters.push(await aDeadLetter());
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await deadLetters.list({}, { limit: 10, cursor });
      seen.push(...page.deadLetters.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(letters.toReversed());
  });

  it('filters by each property, alone and together', async () => {
    const one = await aDeadLetter({ error: 'Relation "x" does not exist', givenUpAt: '2026-02-01 00:00Z' });
    const two = await aDeadLetter({ companyId: herald.otherCompany.id, error: '100% wrong_' });
    const three = await aDirectOne({}, { queue: 'agent-actions', job: 'record' });
    const ids = async (filter: Parameters<DeadLetters['list']>[0]) =>
      (await deadLetters.list(filter)).deadLetters.map(({ id }) => id).toReversed();
    expect(await ids({ queue: 'delivery' })).toEqual([one, two]);
    expect(await ids({ job: 'record' })).toEqual([three]);
    expect(await ids({ companyId: herald.otherCompany.id })).toEqual([two]);
    expect(await ids({ correlationId: await correlationOf(one) })).toEqual([one]);
    expect(await ids({ error: 'relation' })).toEqual([one]);
    expect(await ids({ error: '0% wrong_' })).toEqual([two]);
    expect(await ids({ error: '%' })).toEqual([two]);
    expect(await ids({ since: new Date('2026-02-01T00:00:00Z') })).toEqual([one]);
    expect(await ids({ until: new Date('2026-02-01T00:00:00Z') })).toEqual([two, three]);
    expect(await ids({ ids: [one, three] })).toEqual([one, three]);
    expect(await ids({ queue: 'delivery', error: 'wrong' })).toEqual([two]);
    expect(await ids({ ids: [] })).toEqual([]);
  });

  it('counts the same faults together, the commonest first', async () => {
    for (let n = 0; n < 3; n++) await aDeadLetter({ error: 'common' });
    await aDeadLetter({ error: 'rare' });
    expect(await deadLetters.sameFaults()).toMatchObject([
      { queue: 'delivery', job: 'deliver', error: 'common', count: 3 },
      { error: 'rare', count: 1 },
    ]);
  });

  it('shows one with its content, and none that is not there', async () => {
    const letter = await aDirectOne({ a: 1 }, { error: 'why' });
    expect(await deadLetters.find(letter)).toMatchObject({
      id: letter,
      direct: true,
      content: '{"a":1}',
      error: 'why',
    });
    expect(await deadLetters.find('999999')).toBeUndefined();
  });

  it('finds the message of each queue that has been owed for longest, published or not', async () => {
    const insert = (queue: string, company: string, acceptedAt: string, jobId: string | null) =>
      herald.query(
        `insert into outbox (id, queue, job, company_id, body, accepted_at, job_id, queued_at)
         values (gen_random_uuid(), $1, 'x', $2, '{}', $3, $4::uuid, case when $4 is not null then now() end)`,
        [queue, company, acceptedAt, jobId],
      );
    expect(await deadLetters.oldestOwed()).toEqual([]);
    await insert(delivery.queue, herald.company.id, '2026-01-02Z', null);
    await insert(delivery.queue, herald.otherCompany.id, '2026-01-01Z', null);
    await insert(agentActions.queue, herald.company.id, '2026-01-03Z', randomUUID());
    await insert(agentActions.queue, herald.company.id, '2026-01-04Z', null);
    expect(await deadLetters.oldestOwed()).toMatchObject([
      { queue: 'agent-actions', acceptedAt: new Date('2026-01-03Z') },
      { queue: 'delivery', acceptedAt: new Date('2026-01-01Z') },
    ]);
  });
});

it('drops for good what is there, once', async () => {
  const letters = [await aDeadLetter(), await aDeadLetter(), await aDeadLetter()];
  const dropped = await Promise.all([deadLetters.drop(letters.slice(0, 2)), deadLetters.drop(letters.slice(0, 2))]);
  expect(dropped.flat().toSorted()).toEqual(letters.slice(0, 2).toSorted());
  expect(await remaining()).toEqual(letters.slice(2));
});

it('needs none of what messages say: ops sees where they are', async () => {
  await expect(ops.query('select title from feed_messages')).rejects.toMatchObject({ code: '42501' });
  await expect(ops.query('select message from agent_actions')).rejects.toMatchObject({ code: '42501' });
  await expect(ops.query('select body_hash from requests')).rejects.toMatchObject({ code: '42501' });
  expect(await ops.query('select id from feed_messages')).toEqual([]);
});
