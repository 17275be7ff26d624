import { randomUUID } from 'node:crypto';
import {
  ACTIONS,
  Database,
  DEAD_LETTERS,
  ENDED_QUESTIONS,
  EXPIRED_ACTIONS,
  insertMessages,
  type Kept,
  once,
  READ_ACTIONS,
  READ_FEED,
  removeOld,
  REQUESTS,
  Retention,
} from '@herald/database';
import { Herald } from '../../support/herald.js';

const MILLION = Number(process.env['HERALD_TEST_ROWS'] ?? 1_000_000);
const SLICE = 5000;

let herald: Herald;
let gateway: Database;
let delivery: Database;
beforeAll(async () => {
  herald = await Herald.start({ services: [] });
  const at = (role: 'herald_gateway' | 'herald_delivery') =>
    new Database({ url: herald.urlFor(role), applicationName: 'test-retention', poolSize: 4 });
  gateway = at('herald_gateway');
  delivery = at('herald_delivery');
}, 120_000);
afterAll(async () => {
  await Promise.all([gateway?.close(), delivery?.close()]);
  await herald?.stop();
});

const count = async (rows: string) =>
  (await herald.query<{ count: number }>(`select count(*)::int from ${rows}`))[0]?.count as number;

/** Requests that are too old, each with a verdict. */
const fill = (requests: number) =>
  herald.query(
    `insert into requests (id, body_hash, verdict, written_by, created_at)
     select gen_random_uuid(), '\\x00', '{"updated": 1}', 'herald_delivery', now() - interval '50 hours' - n * interval '1 second'
       from generate_series(1, $1::int) n`,
    [requests],
  );

/** The numbers of scans of whole tables so far. */
const scans = async (table: string) => {
  const [row] = await herald.query<{ seq_tup_read: string }>(
    'select seq_tup_read from pg_stat_user_tables where relname = $1',
    [table],
  );
  return Number(row?.seq_tup_read);
};

describe('a million old requests', () => {
  it('go in slices beside live traffic, which waits for none of them', async () => {
    await fill(MILLION);
    await herald.query('analyze requests');
    const before = await scans('requests');
    const slices: number[] = [];
    const waits: number[] = [];
    const live: string[] = [];
    let removing = true;
    const timed = async (times: number[], work: () => Promise<unknown>) => {
      const since = performance.now();
      await work();
      times.push(performance.now() - since);
    };
    const run = { queue: 'delivery', queuedAt: new Date(), startedAt: new Date() };
    const origin = { companyId: herald.company.id, run };
    const traffic = (async () => {
      while (removing) {
        const id = randomUUID();
        const key = { id, hash: Buffer.from('hash') };
        const message = { id, queue: 'delivery', job: 'deliver', companyId: herald.company.id, body: {} };
        await timed(waits, () => insertMessages(gateway, [{ messages: [message], key }], new Map()));
        const command = randomUUID();
        await timed(waits, () => once(delivery, command, {}, () => Promise.resolve({ updated: 0 }), origin));
        live.push(id, command);
      }
    })();
    let removed = 0;
    for (let slice: number | undefined; slice !== 0; removed += slice) {
      await timed(slices, async () => (slice = await gateway.transaction((tx) => removeOld(tx, REQUESTS, 48, SLICE))));
      slice ??= 0;
    }
    removing = false;
    await traffic;
    expect(removed).toBe(MILLION);
    expect(live.length).toBeGreaterThan(10);
    expect(await count('requests')).toBe(live.length);
    // Within the time limit of the role, far from it, and as fast at the end as at the beginning.
    expect(Math.max(...slices)).toBeLessThan(4000);
    expect(Math.max(...waits)).toBeLessThan(2000);
    expect((await scans('requests')) - before).toBeLessThan(MILLION);
  }, 300_000);
});

describe('two replicas', () => {
  it('remove each row once, and one alone is at work', async () => {
    await herald.query('truncate requests, outbox');
    await fill(6000);
    const removedBy = [0, 0];
    const replicas = removedBy.map(
      (_, seat) =>
        new Retention(gateway, {
          rules: [{ kept: REQUESTS, age: 48 }],
          everyMs: 20,
          onSlice: ({ rows }) => (removedBy[seat] = (removedBy[seat] as number) + rows),
          log: { warn: () => undefined, log: () => undefined },
        }),
    );
    const deadline = Date.now() + 60_000;
    while ((await count('requests')) > 0 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
    await Promise.all(replicas.map((replica) => replica.onApplicationShutdown()));
    expect((removedBy[0] as number) + (removedBy[1] as number)).toBe(6000);
    expect(await count('requests')).toBe(0);
  });

  it('leave a slice to the one that has begun it', async () => {
    await fill(10);
    await gateway.transaction(async (tx) => {
      expect(await removeOld(tx, REQUESTS, 48, 5)).toBe(5);
      expect(await gateway.transaction((other) => removeOld(other, REQUESTS, 48, 5))).toBeUndefined();
    });
    expect(await gateway.transaction((tx) => removeOld(tx, REQUESTS, 48, 50))).toBe(5);
  });
});

describe('requests whose messages are owed', () => {
  const message = (id: string) => ({ id, queue: 'delivery', job: 'deliver', companyId: herald.company.id, body: {} });

  it('stay, and do not keep the others', async () => {
    await herald.query('truncate requests, outbox');
    const [single, batch] = [randomUUID(), randomUUID()];
    const hash = Buffer.from('hash');
    await insertMessages(
      gateway,
      [
        { messages: [message(single)], key: { id: single, hash } },
        { messages: [message(randomUUID()), message(randomUUID())], key: { id: batch, hash } },
      ],
      new Map(),
    );
    await herald.query(`update requests set created_at = now() - interval '1 year'`);
    await fill(700);
    expect(await gateway.transaction((tx) => removeOld(tx, REQUESTS, 48, 500))).toBe(500);
    expect(await gateway.transaction((tx) => removeOld(tx, REQUESTS, 48, 500))).toBe(200);
    const left = await herald.query<{ id: string }>('select id from requests');
    expect(left.map(({ id }) => id).sort()).toEqual([single, batch].sort());
    await herald.query('delete from outbox');
    expect(await gateway.transaction((tx) => removeOld(tx, REQUESTS, 48, 500))).toBe(2);
  });

  it('are never younger than a day, whatever is asked', async () => {
    await herald.query('truncate requests, outbox');
    await herald.query(
      `insert into requests (id, body_hash, created_at) values (gen_random_uuid(), '', now() - interval '23 hours')`,
    );
    expect(await gateway.transaction((tx) => removeOld(tx, REQUESTS, 0, 500))).toBe(0);
    await gateway.query('select forget_requests(array(select id from requests), 0)');
    expect(await count('requests')).toBe(1);
  });
});

/** Rows of which one in a hundred is due, by table. */
const ROWS = 20_000;
const TABLES: [string, Kept, string][] = [
  [
    'feed_messages',
    READ_FEED,
    `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, status, read_at,
                                created_at, queued_at, started_at, delivered_at)
     select gen_random_uuid(), gen_random_uuid(), 't', 'b', 'a', 'r', '{}', case when n % 2 = 0 then 'read' else 'unread' end,
            case when n % 2 = 0 then now() - (case when n % 100 = 0 then 40 else 1 end) * interval '1 day' end,
            now(), now(), now(), now() - interval '50 days' from generate_series(1, $1::int) n`,
  ],
  [
    'agent_actions',
    READ_ACTIONS,
    `insert into agent_actions (id, company_id, notification_type, priority, status, title, message, metadata, created_at,
                                updated_at, recorded_at, queued_at, started_at)
     select gen_random_uuid(), (select id from companies limit 1), 't', 'low', case when n % 2 = 0 then 'read' else 'unread' end,
            't', 'm', '{}', now(), now() - (case when n % 100 = 0 then 40 else 1 end) * interval '1 day',
            now() - interval '50 days', now(), now() from generate_series(1, $1::int) n`,
  ],
  [
    'agent_actions',
    EXPIRED_ACTIONS,
    `insert into agent_actions (id, company_id, notification_type, priority, title, message, metadata, created_at, updated_at,
                                expires_at, recorded_at, queued_at, started_at)
     select gen_random_uuid(), (select id from companies limit 1), 't', 'low', 't', 'm', '{}', now(), now(),
            now() + (case when n % 100 = 0 then -40 else 1 end) * interval '1 day',
            now() - interval '50 days', now(), now() from generate_series(1, $1::int) n`,
  ],
  [
    'notifications',
    ENDED_QUESTIONS,
    `with c as (insert into conversations (id, merchant_id, updated_at) values (77, 77, now()) returning id)
     insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, status, answer, answer_id,
                                context, requested_fields, answered_fields, answer_schema, allow_multiple_answers, updated_at)
     select gen_random_uuid(), 77, c.id, 'user_question_request', case when n % 2 = 0 then 'answered' else 'requested' end,
            case when n % 2 = 0 then '{}'::jsonb end, case when n % 2 = 0 then gen_random_uuid() end, '{}', '{}', '{}', '{}',
            false, now() - (case when n % 100 = 0 then 40 else 1 end) * interval '1 day'
       from generate_series(1, $1::int) n, c`,
  ],
  [
    'dead_letters',
    DEAD_LETTERS,
    `insert into dead_letters (queue, job, content, error, given_up_at)
     select 'delivery', 'deliver', '', '', now() - (case when n % 100 = 0 then 40 else 1 end) * interval '1 day'
       from generate_series(1, $1::int) n`,
  ],
];

describe('what is due', () => {
  it.each(TABLES)('of %s is found without looking at the rest: $name', async (table, kept, insert) => {
    const owner = herald.database;
    await herald.query(`truncate ${table} cascade`);
    await herald.query(insert, [ROWS]);
    await herald.query(`analyze ${table}`);
    const remove = () => owner.transaction((tx) => removeOld(tx, kept, 30, 500));
    const [{ oldest } = { oldest: 0 }] = kept.oldest
      ? (await owner.query<{ seconds: number }>(kept.oldest)).map(({ seconds }) => ({ oldest: seconds }))
      : [];
    expect(Math.round(oldest / 86_400)).toBe(40);
    const before = await scans(table);
    expect(await remove()).toBe(ROWS / 100);
    expect(await remove()).toBe(0);
    await owner.query('select pg_stat_force_next_flush()');
    expect((await scans(table)) - before).toBe(0);
    expect(await count(table)).toBe(ROWS - ROWS / 100);
  });

  it('of actions leaves their figures right', async () => {
    expect(READ_ACTIONS.remove).toBe(ACTIONS.remove);
    expect(EXPIRED_ACTIONS.remove).toBe(ACTIONS.remove);
  });
});
