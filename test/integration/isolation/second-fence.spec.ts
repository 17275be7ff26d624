import { randomUUID } from 'node:crypto';
import { ROLES } from '@herald/database';
import { Pool } from 'pg';
import { ActionAnalyticsQuery } from '../../../apps/gateway/src/agent-actions/action-analytics.query.js';
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
  // What was recorded is not counted yet: of each side something is to be both.
  await admin.query(`
    insert into agent_action_uses select u.* from agent_actions a, lateral uses_of(array[a], 1) u on conflict do nothing`);
});
afterAll(async () => {
  await admin?.end();
  await database?.drop();
});

/** Tables without rows of a company or merchant: how far the uses of tools are counted, and the kinds of questions. */
const NOBODYS = ['agent_action_uses_progress', 'notification_types'];

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
    expect(open).toEqual([...NOBODYS, 'astray', 'stray'].sort());
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
      'agent_action_uncounted',
      'agent_action_uses',
      'agent_actions',
      'conversations',
      'dead_letters',
      'deleted_notifications',
      'feed_counters',
      'feed_messages',
      'message_places',
      'notification_counters',
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
  const analytics = new ActionAnalyticsQuery(database);
  const feed = new FeedQuery(database);
  const traces = new MessageTraceQuery(database, { states: async () => ['gone'] } as never);
  const questions = new MerchantAnswersQuery(database);
  const { companyId } = ours;
  const person = {
    kind: 'person' as const,
    issuer: '',
    companyId,
    login: SHARED.login,
    scopes: [],
    expiresAt: Infinity,
  };
  const page = { skip: 0, limit: 50 };
  const year = { start_date: new Date('2025-12-01T10:30Z'), end_date: new Date('2026-12-01T10:30Z') };
  const { message, owed, deadLetter, action, user, agent, query, type, question } = their;
  return [
    ['the feed', () => feed.page(person, { box: 'all', tab: 'all', limit: 50 })],
    ['what was received', () => feed.page(person, { box: 'received', tab: 'all', limit: 50 })],
    ['what was sent', () => feed.page(person, { box: 'sent', tab: 'all', limit: 50 })],
    ['their message', () => feed.find(person, message)],
    ['the feed of one status', () => feed.page(person, { box: 'all', tab: 'ai', status: 'unread', limit: 50 })],
    [
      'the feed after their message',
      () =>
        feed.page(person, { box: 'all', tab: 'all', limit: 50, cursor: { at: new Date('2030-01-01'), id: message } }),
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
    ['their question', () => questions.find(ours.merchantId, question)],
    ['a merchant’s counts', () => questions.counts(ours.merchantId)],
    ...(['type', 'agent', 'tool'] as const).map((group): [string, () => Promise<unknown>] => [
      `the timeline by ${group}`,
      () => analytics.timeline(companyId, year, { interval: 'day', group, limit: 10 }),
    ]),
    [
      'the timeline of their user',
      () => analytics.timeline(companyId, { user_id: user, ...year }, { interval: 'day', group: 'tool', limit: 10 }),
    ],
    ['the agents', () => analytics.agents(companyId, {}, 50)],
    ['the tools of a shared agent', () => analytics.tools(companyId, { agent_id: SHARED.agent, ...year }, 50)],
    ['the story of a shared query', () => analytics.story(companyId, SHARED.query, page)],
    ['the story of their query', () => analytics.story(companyId, query, page)],
    ['a merchant’s list', () => questions.page(ours.merchantId, {})],
    ['a merchant’s list of one status', () => questions.page(ours.merchantId, { status: 'requested' })],
    [
      'a merchant’s list of one type',
      () => questions.page(ours.merchantId, { notification_types: ['user_question_request'] }),
    ],
  ];
};

/** A list says where in the order of commits it was read, which is another place each time. */
const withoutPosition = (answer: unknown): unknown => {
  const { position: _, ...rest } = (answer ?? {}) as Record<string, unknown>;
  return answer && typeof answer === 'object' && 'position' in answer ? rest : answer;
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
    for (const [name, read] of reads(open(rewrite))) told[name] = withoutPosition((await read()) ?? null);
    return told;
  };

  it('answers as if it had not: the second fence works', async () => {
    const fenced = await answers((text) => text);
    expect(Object.keys(fenced)).toHaveLength(43);
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
