import { randomUUID } from 'node:crypto';
import { prepareRoles, roleUrl } from '@herald/database';
import { Client, Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '../../support/servers.js';

let database: FreshDatabase;
let admin: Pool;
const ours = randomUUID();
const theirs = randomUUID();

beforeAll(async () => {
  database = await freshDatabase();
  admin = new Pool({ connectionString: database.url, max: 2 });
  await admin.query(`insert into companies (id, name) values ('${ours}', 'Ours'), ('${theirs}', 'Theirs')`);
  for (const company of [ours, theirs]) {
    await admin.query(
      `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, created_at, queued_at, started_at)
       values ($1, $2, 'title', $3, 'a', 'b', '{}', now(), now(), now())`,
      [randomUUID(), company, 'body'],
    );
    await admin.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, 'delivery', 'deliver', $2, '{}', now())`,
      [randomUUID(), company],
    );
    await admin.query(
      `insert into dead_letters (correlation_id, queue, job, company_id, content, error) values ($1, 'delivery', 'deliver', $2, '{}', 'x')`,
      [randomUUID(), company],
    );
    await admin.query(`insert into users (company_id, id, login) values ($1, $2, 'b')`, [company, randomUUID()]);
  }
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

/** Runs one statement as a role, as its service would. */
async function as<Row extends object>(role: string, sql: string, company?: string): Promise<Row[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`begin; set local role ${role}`);
    if (company) await client.query(`set local herald.company = '${company}'`);
    const results = [await client.query(sql)].flat();
    await client.query('commit');
    return results.at(-1)?.rows as Row[];
  } finally {
    await client.end();
  }
}

describe('least privilege', () => {
  it.each([
    ['herald_gateway', `insert into feed_messages (id) values ('${randomUUID()}')`],
    ['herald_gateway', `update feed_messages set title = 'x'`],
    ['herald_gateway', 'delete from feed_messages'],
    ['herald_gateway', `update outbox set body = '{}'`],
    ['herald_gateway', 'delete from dead_letters'],
    ['herald_gateway', `insert into dead_letters (queue, job, content, error) values ('delivery', 'deliver', '', '')`],
    ['herald_gateway', 'delete from requests'],
    ['herald_gateway', `update requests set verdict = '{}'`],
    ['herald_gateway', `insert into credentials (id) values ('x')`],
    ['herald_gateway', `update credentials set scopes = '{}'`],
    ['herald_gateway', 'create table mine (id int)'],
    ['herald_delivery', 'select * from credentials'],
    ['herald_delivery', 'select * from users'],
    ['herald_delivery', 'select * from companies'],
    ['herald_delivery', `update feed_messages set body = 'x'`],
    ['herald_delivery', 'delete from requests'],
    ['herald_delivery', 'create table mine (id int)'],
    ['herald_ops', 'select * from feed_messages'],
    ['herald_ops', 'select * from credentials'],
    ['herald_ops', 'delete from outbox'],
    ['herald_agent_actions', 'select * from feed_messages'],
    ['herald_merchant_answers', 'select * from feed_messages'],
    ['herald_gateway', `update notifications set status = 'answered'`],
    ['herald_gateway', 'delete from notifications'],
    ['herald_gateway', 'insert into conversations (id, merchant_id, updated_at) values (1, 1, now())'],
    ['herald_gateway', `update notification_types set allow_multiple_answers = true`],
    ['herald_merchant_answers', 'delete from conversations'],
    ['herald_merchant_answers', 'update conversations set merchant_id = 2'],
    ['herald_merchant_answers', `update notifications set context = '{}'`],
    ['herald_merchant_answers', `update notifications set answer_schema = '{}'`],
    ['herald_merchant_answers', `update notifications set expires_at = now()`],
    ['herald_merchant_answers', 'update deleted_notifications set id = 1'],
    ['herald_gateway', 'delete from deleted_notifications'],
    ['herald_merchant_answers', `delete from notification_types`],
    ['herald_merchant_answers', 'delete from requests'],
    ['herald_delivery', `update requests set written_by = 'herald_agent_actions'`],
    ['herald_agent_actions', `update requests set body_hash = ''`],
    [
      'herald_delivery',
      `insert into requests (id, body_hash, written_by) values ('${randomUUID()}', '', 'herald_ops')`,
    ],
    [
      'herald_gateway',
      `insert into requests (id, body_hash, written_by) values ('${randomUUID()}', '', 'herald_delivery')`,
    ],
    ['herald_delivery', 'select * from notifications'],
    ['herald_gateway', 'delete from notification_counters'],
    ['herald_merchant_answers', 'update notification_counters set count = 0'],
    ['herald_merchant_answers', 'select * from command_places(null)'],
    ['herald_gateway', 'select company_id from requests'],
    ['herald_ops', 'select * from notifications'],
  ])('%s may not: %s', async (role, sql) => {
    await expect(as(role, sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('keeps a worker from removing what is younger than a day', async () => {
    const remove = 'delete from feed_messages returning id';
    expect(await as('herald_delivery', remove)).toEqual([]);
    await admin.query(`update feed_messages set delivered_at = now() - interval '25 hours' where company_id = $1`, [
      theirs,
    ]);
    expect(await as('herald_delivery', remove)).toHaveLength(1);
  });

  it('keeps a worker to its own queue', async () => {
    await admin.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, 'other', 'x', $2, '{}', now())`,
      [randomUUID(), ours],
    );
    const queues = await as<{ queue: string }>('herald_delivery', 'select distinct queue from outbox');
    expect(queues).toEqual([{ queue: 'delivery' }]);
    await expect(
      as(
        'herald_delivery',
        `insert into outbox (id, queue, job, company_id, body, accepted_at)
        values ('${randomUUID()}', 'other', 'x', '${ours}', '{}', now())`,
      ),
    ).rejects.toMatchObject({ code: '42501' });
  });
});

describe('events for foreign systems', () => {
  const outboxRow = (queue: string) =>
    `insert into outbox (id, queue, job, company_id, body, accepted_at)
     values ('${randomUUID()}', '${queue}', 'x', '${ours}', '{}', now())`;

  const EVENTS = ['merchant-answers.answered', 'merchant-answers.events'];

  it('are written by the worker, which cannot take them', async () => {
    for (const queue of EVENTS) await as('herald_merchant_answers', outboxRow(queue));
    expect(await as('herald_merchant_answers', 'delete from outbox returning id')).toEqual([]);
    await expect(as('herald_merchant_answers', outboxRow('delivery'))).rejects.toMatchObject({ code: '42501' });
  });

  it('are all that the gateway may take from the outbox, and only while it feeds', async () => {
    expect(await as('herald_gateway', 'delete from outbox returning id', ours)).toEqual([]);
    const taken = await as<{ queue: string }>(
      'herald_gateway',
      `set local herald.feeding = 'on'; delete from outbox returning queue`,
    );
    expect(taken.map(({ queue }) => queue).sort()).toEqual(EVENTS);
  });
});

describe('the company at hand', () => {
  it('does not leak to the next transaction of the connection', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('set role herald_gateway');
    await client.query(`begin read only; set local herald.company = '${ours}'`);
    expect((await client.query('select * from feed_messages')).rows).toHaveLength(1);
    await client.query('commit');
    expect((await client.query('select * from feed_messages')).rows).toEqual([]);
    await client.end();
  });
});

describe('what a worker sees of others', () => {
  const WORKERS = ['herald_delivery', 'herald_agent_actions', 'herald_merchant_answers'] as const;
  const QUEUES = [
    'delivery',
    'agent-actions',
    'merchant-answers',
    'merchant-answers.answered',
    'merchant-answers.events',
  ];
  /** A verdict as each worker writes it. */
  const VERDICTS = [
    ['herald_delivery', { id: randomUUID(), recipientLogin: 'b', body: 'text' }],
    ['herald_delivery', { updated: 3 }],
    ['herald_agent_actions', { id: randomUUID(), notification_id: randomUUID() }],
    ['herald_merchant_answers', { message: 'Notification answered successfully' }],
    ['herald_merchant_answers', {}],
  ] as const;
  const of = (role: string) => VERDICTS.filter(([worker]) => worker === role).map(([, verdict]) => verdict);
  const remember = (written: string) => (verdict: object) =>
    `insert into requests (id, body_hash, verdict${written && ', written_by'})
     values ('${randomUUID()}', '', '${JSON.stringify(verdict)}'${written})`;
  const verdicts = async (role: string) =>
    (await as<{ verdict: object }>(role, 'select verdict from requests where verdict is not null')).map(
      (row) => row.verdict,
    );

  beforeEach(() => admin.query('delete from requests'));

  it.each(WORKERS)('are no verdicts: %s finds and changes its own alone', async (role) => {
    for (const [worker, verdict] of VERDICTS) await as(worker, remember('')(verdict));
    await as('herald_gateway', `insert into requests (id, body_hash) values ('${randomUUID()}', '')`);
    expect(await verdicts(role)).toEqual(of(role));
    const changed = await as(role, `update requests set verdict = '"changed"' returning id`);
    expect(changed).toHaveLength(of(role).length);
    const { rows } = await admin.query(`select from requests where verdict = '"changed"'`);
    expect(rows).toHaveLength(of(role).length);
  });

  it.each(WORKERS)('are no verdicts of before it was noted whose they are: %s finds its own alone', async (role) => {
    for (const [, verdict] of VERDICTS) await admin.query(remember(', null')(verdict));
    await admin.query(`insert into requests (id, body_hash, written_by) values ('${randomUUID()}', '', null)`);
    expect(await verdicts(role)).toEqual(of(role));
    expect(await as(role, `update requests set verdict = '"changed"' returning id`)).toEqual([]);
  });

  it('would be verdicts too, were the policy as it was', async () => {
    for (const [worker, verdict] of VERDICTS) await as(worker, remember('')(verdict));
    await admin.query('alter policy workers_own on requests using (true)');
    expect(await verdicts('herald_delivery')).toHaveLength(VERDICTS.length);
    await admin.query('alter policy workers_own on requests using (written_by = current_user)');
  });

  it.each(WORKERS)('are no messages of other queues, owed or given up: %s', async (role) => {
    await admin.query('delete from outbox; delete from dead_letters');
    for (const queue of QUEUES) {
      await admin.query(
        `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, $2, 'x', $3, '{}', now())`,
        [randomUUID(), queue, ours],
      );
      await admin.query(`insert into dead_letters (queue, job, content, error) values ($1, 'x', '{}', '')`, [queue]);
    }
    const own = [{ queue: role.replace('herald_', '').replaceAll('_', '-') }];
    expect(await as(role, 'select queue from outbox')).toEqual(own);
    expect(await as(role, 'update outbox set alone = true returning queue')).toEqual(own);
    expect(await as(role, 'select queue from dead_letters')).toEqual(own);
    expect(await as(role, 'delete from dead_letters returning queue')).toEqual(own);
  });

  /** Tables of one product, and what is everybody's to read; every other table must be fenced by its rows. Which companies exist is no secret. */
  const OPEN: Record<string, string[]> = {
    herald_delivery: ['feed_messages'],
    herald_agent_actions: [
      'agent_actions',
      'agent_action_recipients',
      'agent_action_counters',
      'agent_action_uncounted',
      'agent_action_uses',
      'agent_action_uses_progress',
      'users',
    ],
    herald_merchant_answers: ['conversations', 'deleted_notifications', 'notifications', 'notification_types'],
  };
  const FENCED = ['dead_letters', 'outbox', 'requests'];

  it.each(WORKERS)('are no other tables: %s', async (role) => {
    const { rows } = await admin.query<{ name: string }>(
      `select c.relname as name from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') and c.relname <> 'companies'
          and has_any_column_privilege($1, c.oid, 'select, insert, update') order by 1`,
      [role],
    );
    expect(rows.map(({ name }) => name)).toEqual([...(OPEN[role] as string[]), ...FENCED].sort());
  });
});

describe('the password of a role', () => {
  const role = `test_${randomUUID()}`;
  beforeAll(() => admin.query(`create role "${role}"`));
  afterAll(() => admin.query(`drop role "${role}"`));

  /** Reads the stored form of the password from Postgres. */
  const kept = async () =>
    (await admin.query('select rolpassword from pg_authid where rolname = $1', [role])).rows[0].rolpassword as string;
  async function letsIn(password: string): Promise<boolean> {
    const client = new Client({ connectionString: roleUrl(database.url, role, password) });
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end();
    }
  }

  it('is given once, keeps its salt when it is given again, and can be changed', async () => {
    await prepareRoles(database.url, { [role]: 'first' });
    const first = await kept();
    expect(first).toMatch(/^SCRAM-SHA-256/);
    await prepareRoles(database.url, { [role]: 'first' });
    expect(await kept()).toBe(first);
    await prepareRoles(database.url, { [role]: 'second' });
    expect([await letsIn('first'), await letsIn('second')]).toEqual([false, true]);
  });
});
