import { randomUUID } from 'node:crypto';
import { ROLES } from '@herald/database';
import { Pool } from 'pg';
import { AgentActionsQuery } from '../../../apps/gateway/src/agent-actions/agent-actions.query.js';
import { FeedQuery } from '../../../apps/gateway/src/delivery/feed.query.js';
import { MessageTraceQuery } from '../../../apps/gateway/src/delivery/message-trace.query.js';
import { MerchantAnswersQuery } from '../../../apps/gateway/src/merchant-answers/merchant-answers.query.js';
import { Intercepted } from '../../support/intercepted.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';
import { type Belongings, furnish, SHARED } from '../../support/two-sides.js';

const ours = { companyId: randomUUID(), merchantId: 1, conversationId: 1, mark: 'OURS' };
const theirs = { companyId: randomUUID(), merchantId: 2, conversationId: 2, mark: 'THEIRS' };

let database: FreshDatabase;
let admin: Pool;
let their: Belongings;
beforeAll(async () => {
  database = await freshDatabase();
  admin = new Pool({ connectionString: database.url, max: 2 });
  await admin.query('insert into companies (id, name) values ($1, $2), ($3, $4)', [
    ours.companyId,
    ours.mark,
    theirs.companyId,
    theirs.mark,
  ]);
  await furnish(database.url, ours);
  their = await furnish(database.url, theirs);
});
afterAll(async () => {
  await admin?.end();
  await database?.drop();
});

/** Tables without rows of a company or merchant: the kinds of questions. */
const NOBODYS = ['notification_types'];

interface Readable {
  name: string;
  isView: boolean;
  isFenced: boolean;
  /** The columns that the role may read. */
  columns: string[];
}

/** Every table and view that a role may read from, be it one column. */
async function readableBy(role: string, client: Pick<Pool, 'query'> = admin): Promise<Readable[]> {
  const { rows } = await client.query<Readable>(
    `select c.relname as name, c.relkind = 'v' as "isView",
            case c.relkind when 'v' then coalesce('security_invoker=true' = any(c.reloptions), false) else c.relrowsecurity end as "isFenced",
            array_agg(a.attname::text) as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and has_column_privilege($1, c.oid, a.attnum, 'select')
      group by c.oid order by 1`,
    [role],
  );
  return rows;
}

/** Runs `work` in a transaction that leaves no trace. */
async function undone<T>(work: (client: Pick<Pool, 'query'>) => Promise<T>): Promise<T> {
  const client = await admin.connect();
  try {
    await client.query('begin');
    return await work(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** All that the gateway sees of a table while our company and our merchant are at hand, without any WHERE. */
async function seen(client: Pick<Pool, 'query'>, { name, columns }: Readable, atHand = ours): Promise<string> {
  await client.query(
    `set local role herald_gateway; set local herald.company = '${atHand.companyId}'; set local herald.merchant = '${atHand.merchantId}'`,
  );
  const { rows } = await client.query(`select ${columns.map((column) => `"${column}"`).join(', ')} from ${name}`);
  return JSON.stringify(rows);
}

describe('the second fence', () => {
  it('stands around every table and view that any service may read', async () => {
    for (const role of ROLES) {
      const open = (await readableBy(role)).filter(({ name, isFenced }) => !isFenced && !NOBODYS.includes(name));
      expect([role, open]).toEqual([role, []]);
    }
  });

  it('is missed where it does not stand', async () => {
    const open = await undone(async (client) => {
      await client.query(
        'create table stray (company_id uuid); create view astray as select * from feed_messages; grant select on stray, astray to herald_gateway',
      );
      return (await readableBy('herald_gateway', client)).filter(({ isFenced }) => !isFenced).map(({ name }) => name);
    });
    expect(open).toEqual(['astray', ...NOBODYS, 'stray']);
  });

  it('binds the services: none may bypass it, owns a table, or may become who does', async () => {
    const { rows } = await admin.query(
      `select rolname from pg_roles where rolname like 'herald\\_%' and (rolbypassrls or rolsuper or rolcreaterole or rolcreatedb or rolreplication)
        union all select tableowner from pg_tables where tableowner like 'herald\\_%'
        union all select m.member::regrole::text from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname like 'herald\\_%'`,
    );
    expect(rows).toEqual([]);
  });

  it('shows of every table and view our rows alone, and none while nobody is at hand', async () => {
    for (const readable of await readableBy('herald_gateway')) {
      const all = await undone((client) => seen(client, readable));
      expect([readable.name, all.includes(theirs.mark)]).toEqual([readable.name, false]);
      expect([readable.name, all.includes(theirs.companyId)]).toEqual([readable.name, false]);
      const none = await undone((client) =>
        seen(client, readable, { ...ours, companyId: '' as never, merchantId: '' as never }),
      );
      expect([readable.name, none.includes(ours.mark)]).toEqual([readable.name, false]);
    }
  });

  it('is what does it: without its policies each table shows what is theirs', async () => {
    // The gateway may read only hashes of requests, and no others' credentials at all.
    const readable = (await readableBy('herald_gateway')).filter(
      ({ name }) => ![...NOBODYS, 'requests'].includes(name),
    );
    expect(readable.map(({ name }) => name)).toEqual([
      'agent_action_counters',
      'agent_action_recipients',
      'agent_actions',
      'conversations',
      'dead_letters',
      'deleted_notifications',
      'feed_messages',
      'message_places',
      'notifications',
      'outbox',
      'question_changes',
      'users',
    ]);
    for (const table of readable) {
      const all = await undone(async (client) => {
        await withoutPolicies(client);
        return seen(client, table);
      });
      expect([table.name, /THEIRS|"merchant_id":"2"/.test(all) || all.includes(theirs.companyId)]).toEqual([
        table.name,
        true,
      ]);
    }
  });
});

async function withoutPolicies(client: Pick<Pool, 'query'>): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`,
  );
  for (const { name } of rows) await client.query(`alter table ${name} disable row level security`);
}

describe('credentials', () => {
  const asGateway = (text: string, values?: unknown[]) =>
    undone(async (client) => {
      await client.query('set local role herald_gateway');
      return (await client.query(text, values)).rows;
    });

  it('are shown one at a time, to who knows the id', async () => {
    const [found] = await asGateway('select * from find_credential($1)', ['testours']);
    expect(found).toMatchObject({ id: 'testours', company_id: ours.companyId });
    for (const wanted of ['', '%', 'nobody', null])
      expect(await asGateway('select * from find_credential($1)', [wanted])).toEqual([]);
  });

  it.each([
    'select * from credentials',
    'select id from credentials',
    `update credentials set last_used_at = now()`,
    'select verdict from requests',
    'select * from companies',
  ])('are not there for: %s', async (statement) => {
    await expect(asGateway(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it.each(ROLES.filter((role) => role !== 'herald_gateway'))('are none of the business of %s', async (role) => {
    const asRole = undone(async (client) => {
      await client.query(`set local role ${role}`);
      await client.query('select * from find_credential($1)', ['testours']);
    });
    await expect(asRole).rejects.toMatchObject({ code: '42501' });
  });
});

/** A statement as its author would have forgotten the first fence: no company, no merchant, not even in its joins. */
const unfenced = (text: string) =>
  text
    .replace(/(\b\w+\.)?\b(company_id|merchant_id) = (\$\d+)/g, '$3::text is not null')
    .replace(/\b\w+\.(company_id|merchant_id) = \w+\.\1/g, 'true');

/** Every read of the gateway, as our company, our person or our merchant; those of one thing ask for theirs. */
const reads = (database: Intercepted): [string, () => Promise<unknown>][] => {
  const actions = new AgentActionsQuery(database);
  const feed = new FeedQuery(database);
  const traces = new MessageTraceQuery(database, { states: async () => ['gone'] } as never);
  const questions = new MerchantAnswersQuery(database);
  const { companyId } = ours;
  const person = { kind: 'person' as const, issuer: '', companyId, login: SHARED.login, expiresAt: Infinity };
  const page = { skip: 0, limit: 50 };
  const { message, owed, deadLetter, action, user, agent, query, type } = their;
  return [
    ['the feed', () => feed.page(person, { tab: 'all', limit: 50 })],
    ['the feed of one status', () => feed.page(person, { tab: 'ai', status: 'unread', limit: 50 })],
    [
      'the feed after their message',
      () => feed.page(person, { tab: 'all', limit: 50, cursor: { at: new Date('2030-01-01'), id: message } }),
    ],
    ['what is unread', () => feed.unread(person)],
    ...[message, owed, deadLetter, action].map((id, n): [string, () => Promise<unknown>] => [
      `the trace of their ${['message', 'owed message', 'dead letter', 'action'][n]}`,
      () => traces.find(companyId, id),
    ]),
    ['the list', () => actions.list(companyId, {}, page)],
    ...[
      { agent_id: SHARED.agent },
      { query_id: SHARED.query },
      { sender_id: SHARED.user },
      { status: 'unread' },
      { priority: 'medium' },
      { notification_type: 'tool_usage' },
      { agent_id: agent },
      { query_id: query },
      { sender_id: user },
      { start_date: new Date('2025-01-01') },
    ].map((filters): [string, () => Promise<unknown>] => [
      `the list by ${JSON.stringify(filters).slice(0, 40)}`,
      () => actions.list(companyId, filters, page),
    ]),
    [
      'the list of a type that they alone use',
      () => actions.list(companyId, { notification_type: type }, page).catch((error: Error) => error.message),
    ],
    ['a shared user’s list', () => actions.ofUser(companyId, { user_id: SHARED.user }, page)],
    ['their user’s list', () => actions.ofUser(companyId, { user_id: user }, page)],
    ['their action', () => actions.find(companyId, action)],
    ['the statistics', () => actions.stats(companyId, {})],
    ['the statistics of a shared agent', () => actions.stats(companyId, { agent_id: SHARED.agent })],
    ['the statistics of their user', () => actions.stats(companyId, { user_id: user })],
    ['the statistics of a query', () => actions.stats(companyId, { query_id: SHARED.query })],
    ['a merchant’s list', () => questions.page(ours.merchantId, {})],
    ['a merchant’s list of one status', () => questions.page(ours.merchantId, { status: 'requested' })],
    [
      'a merchant’s list of one type',
      () => questions.page(ours.merchantId, { notification_types: ['user_question_request'] }),
    ],
  ];
};

describe('a query that forgot its company or merchant', () => {
  const opened: Intercepted[] = [];
  const open = (rewrite: (text: string) => string) => {
    const database = new Intercepted(databaseUrl(), (text, values, run) => run(rewrite(text), values));
    opened.push(database);
    return database;
  };
  const databaseUrl = () => database.url;
  afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));

  const answers = async (rewrite: (text: string) => string) => {
    const told: Record<string, unknown> = {};
    for (const [name, read] of reads(open(rewrite))) told[name] = (await read()) ?? null;
    return told;
  };

  it('answers as if it had not: the second fence works', async () => {
    const fenced = await answers((text) => text);
    expect(Object.keys(fenced)).toHaveLength(30);
    const told = JSON.stringify(Object.values(fenced));
    expect([told.includes(ours.mark), told.includes(theirs.mark)]).toEqual([true, false]);
    expect(await answers(unfenced)).toEqual(fenced);
  });

  it('answers with what is theirs, each, where the policies are gone', async () => {
    const fenced = await answers((text) => text);
    await withoutPolicies(admin);
    const forgotten = await answers(unfenced);
    expect(
      Object.keys(fenced).filter((name) => JSON.stringify(forgotten[name]) === JSON.stringify(fenced[name])),
    ).toEqual([]);
    // And the first fence works by itself.
    expect(await answers((text) => text)).toEqual(fenced);
  });
});
