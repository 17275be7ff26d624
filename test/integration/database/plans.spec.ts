import { randomUUID } from 'node:crypto';
import {
  type ActionFilters,
  countLeftOfFeed,
  Database,
  expireQuestions,
  findDue,
  markFeed,
  type PageOfFeed,
  readQuestionChanges,
  remindOfQuestions,
  takeEvents,
} from '@herald/database';
import { Pool } from 'pg';
import { ActionAnalyticsQuery } from '../../../apps/gateway/src/agent-actions/action-analytics.query.js';
import { AgentActionsQuery } from '../../../apps/gateway/src/agent-actions/agent-actions.query.js';
import { FeedQuery } from '../../../apps/gateway/src/delivery/feed.query.js';
import { MessageTraceQuery } from '../../../apps/gateway/src/delivery/message-trace.query.js';
import type { ListParams } from '../../../apps/gateway/src/merchant-answers/merchant-answers.params.js';
import { MerchantAnswersQuery } from '../../../apps/gateway/src/merchant-answers/merchant-answers.query.js';
import { seedActions } from '../../../apps/cli/src/seed/seed-actions.js';
import { counterDifferences } from '../../support/actions.js';
import type { Intercepted } from '../../support/intercepted.js';
import { readsOf } from '../../support/plans.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';

/** Rows of each product. HERALD_TEST_ROWS=1000000 tests with a million. */
const ROWS = Number(process.env['HERALD_TEST_ROWS'] ?? 60_000);
const COMPANY = '123e4567-e89b-12d3-a456-426614174001';
const MERCHANT = 1;

let fresh: FreshDatabase;
let pool: Pool;
const some: Record<string, any> = {};

/** A company and its neighbour; a tenth of all messages go to one person. */
const FEED = `
  insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, status, created_at,
                             queued_at, started_at)
  select gen_random_uuid(), case when n % 2 = 0 then '${COMPANY}'::uuid else '${randomUUID()}'::uuid end, 'title', 'body',
         'author-' || n % 97, case when n % 10 < 2 then 'dmurta' else 'login-' || n % 1999 end, '{}',
         case when n % 40 in (0, 1, 4) then 'unread' when n % 40 < 4 then 'archived' else 'read' end,
         now() - n * interval '20 seconds', now(), now()
    from generate_series(1, $1::int) n`;

/** Messages on their way, and given up. */
const PLACES = `
  with owed as (
    insert into outbox (id, queue, job, company_id, body, accepted_at)
    select gen_random_uuid(), 'delivery', 'deliver', '${COMPANY}', '{}', now() from generate_series(1, $1::int / 10))
  insert into dead_letters (correlation_id, queue, job, company_id, content, error)
  select gen_random_uuid(), 'delivery', 'deliver', '${COMPANY}', '', '' from generate_series(1, $1::int / 10)`;

/** What happened to questions, and is to be told. */
const EVENTS = `
  insert into outbox (id, queue, job, company_id, body, accepted_at)
  select gen_random_uuid(), 'merchant-answers.events', 'expired', gen_random_uuid(), '{}', now() from generate_series(1, $1::int / 10)`;

/** Five hundred merchants; the first has a fiftieth of all questions. One in twenty is open. */
const CONVERSATIONS = `insert into conversations (id, merchant_id, updated_at) select n, n, now() from generate_series(1, 500) n`;
const QUESTIONS = `
  insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, status, answer, answer_id, context,
                             requested_fields, answered_fields, answer_schema, allow_multiple_answers, expires_at, remind_at)
  select gen_random_uuid(), m, m, t.name, case when open then 'requested' else 'answered' end,
         case when not open then '{}'::jsonb end, case when not open then gen_random_uuid() end, '{}',
         t.requested_fields, t.answered_fields, t.answer_schema, false, now() + (n - 100) * interval '1 hour',
         case when open then now() + (n - 200) * interval '1 hour' end
    from generate_series(1, $1::int) n,
         lateral (select case when n % 50 = 0 then ${MERCHANT} else n % 499 + 2 end as m, n % 200 < 10 as open) q,
         lateral (select * from notification_types order by name limit 1 offset n % 2) t`;

beforeAll(async () => {
  fresh = await freshDatabase();
  pool = new Pool({ connectionString: fresh.url, max: 2 });
  await pool.query(`insert into companies (id, name) values ('${COMPANY}', 'Seeded')`);
  const database = new Database({
    url: fresh.url,
    applicationName: 'test-seed',
    poolSize: 1,
    statementTimeoutMs: 300_000,
  });
  await seedActions(database, { companyId: COMPANY, actions: ROWS, days: 90 });
  await database.close();
  for (const statement of [FEED, PLACES, EVENTS, QUESTIONS]) {
    if (statement === QUESTIONS) await pool.query(CONVERSATIONS);
    await pool.query(statement, [ROWS]);
  }
  await pool.query('vacuum analyze');
  const ids = await pool.query(
    `select (select id from feed_messages where company_id = $1 limit 1) as message, (select id from outbox limit 1) as owed,
            (select correlation_id from dead_letters limit 1) as dead,
            (select user_id from agent_action_recipients limit 1) as user_id, a.*
       from (select id as action, agent_id, query_id, sender_id from agent_actions limit 1) a`,
    [COMPANY],
  );
  Object.assign(some, ids.rows[0]);
}, 600_000);
afterAll(async () => {
  await pool?.end();
  await fresh?.drop();
});

const page = { skip: 0, limit: 50 };
const thirtyDays = { start_date: new Date(Date.now() - 30 * 86_400_000), end_date: new Date() };
const middle = () => ({ at: new Date(Date.now() - 10 * 86_400_000), id: some.message });

type Work = (database: Intercepted) => Promise<unknown>;
const list =
  (filters: () => ActionFilters, asked = page): Work =>
  (database) =>
    new AgentActionsQuery(database).list(COMPANY, filters(), asked);
const ofUser =
  (filters: () => ActionFilters): Work =>
  (database) =>
    new AgentActionsQuery(database).ofUser(COMPANY, filters(), page);
const stats =
  (filters: () => ActionFilters): Work =>
  (database) =>
    new AgentActionsQuery(database).stats(COMPANY, filters());
const timeline =
  (group: 'none' | 'agent' | 'tool', filters: () => ActionFilters = () => ({})): Work =>
  (database) =>
    new ActionAnalyticsQuery(database).timeline(
      COMPANY,
      { ...thirtyDays, ...filters() },
      { interval: 'day', group, limit: 10 },
    );
const person = {
  kind: 'person' as const,
  issuer: '',
  companyId: COMPANY,
  login: 'dmurta',
  scopes: [],
  expiresAt: Infinity,
};
const feed =
  (asked: () => Partial<PageOfFeed>): Work =>
  (database) =>
    new FeedQuery(database).page(person, { box: 'all', tab: 'all', limit: 50, ...asked() });
const trace =
  (id: () => string): Work =>
  (database) =>
    new MessageTraceQuery(database, { states: async () => [] } as never).find(COMPANY, id());
const questions =
  (filter: () => ListParams): Work =>
  (database) =>
    new MerchantAnswersQuery(database).page(MERCHANT, filter());

/** A page of a thousand, or all that one merchant has not answered. */
const OPEN = Math.max(1001, ROWS / 200);

/** All questions of the merchant, or as many changes as a stream looks through before it starts anew. */
const MISSED = Math.min(ROWS / 50, 20_000);

/** Forty agents with ten tools and types each, by day: what a month has at most, and the hours at its ends. */
const USES = 40 * 10 * 31 + 5000;

/** The commonest reads, and how many rows one step of each may look at in all, whatever the size of the table. */
const READS: [string, Work, number][] = [
  ['actions: the newest page', list(() => ({})), 500],
  ['actions: a page of one type', list(() => ({ notification_type: 'agent_action' })), 500],
  ['actions: a page of one agent', list(() => ({ agent_id: some.agent_id })), 500],
  ['actions: a page of one query', list(() => ({ query_id: some.query_id })), 500],
  ['actions: a page of what is unread', list(() => ({ status: 'unread' })), 500],
  [
    'actions: a page of one type, priority and status',
    list(() => ({ notification_type: 'api_call', priority: 'high', status: 'read' })),
    500,
  ],
  ['actions: a page of what is urgent and archived', list(() => ({ priority: 'urgent', status: 'archived' })), 500],
  [
    'actions: a page of one sender within thirty days',
    list(() => ({ sender_id: some.sender_id, ...thirtyDays })),
    5000,
  ],
  ['actions: a page half-way by skip', list(() => ({}), { skip: ROWS / 2, limit: 50 }), ROWS / 30],
  ['actions: a user’s page', ofUser(() => ({ user_id: some.user_id })), 500],
  ['actions: a user’s unread page', ofUser(() => ({ user_id: some.user_id, status: 'unread' })), 500],
  ['actions: one of them', (database) => new AgentActionsQuery(database).find(COMPANY, some.action), 20],
  ['actions: the statistics of everything', stats(() => ({})), 500],
  ['actions: the statistics of thirty days', stats(() => thirtyDays), 5000],
  ['actions: an agent’s statistics of thirty days', stats(() => ({ agent_id: some.agent_id, ...thirtyDays })), 5000],
  ['actions: the statistics of one query', stats(() => ({ query_id: some.query_id })), 500],
  ['actions: the timeline of thirty days', timeline('none'), 5000],
  ['actions: the timeline of thirty days by agent', timeline('agent'), USES],
  ['actions: the timeline of an agent by tool', timeline('tool', () => ({ agent_id: some.agent_id })), USES],
  ['actions: a user’s timeline of thirty days', timeline('none', () => ({ user_id: some.user_id })), 5000],
  ['actions: a user’s timeline by tool', timeline('tool', () => ({ user_id: some.user_id })), ROWS / 50],
  [
    'actions: the tools of thirty days',
    (database) => new ActionAnalyticsQuery(database).tools(COMPANY, thirtyDays, 50),
    USES,
  ],
  ['actions: the agents of everything', (database) => new ActionAnalyticsQuery(database).agents(COMPANY, {}, 50), 500],
  [
    'actions: the story of one query',
    (database) => new ActionAnalyticsQuery(database).story(COMPANY, some.query_id, page),
    500,
  ],
  ['feed: the newest page', feed(() => ({})), 60],
  ['feed: a page in the middle', feed(() => ({ cursor: middle() })), 60],
  ['feed: the newest page of what is unread', feed(() => ({ status: 'unread' })), 60],
  ['feed: the newest page of what is read', feed(() => ({ status: 'read', tab: 'ai' })), 80],
  [
    'feed: the newest page of what was received and archived',
    feed(() => ({ box: 'received', status: 'archived' })),
    60,
  ],
  ['feed: the newest page of what was sent', feed(() => ({ box: 'sent' })), 60],
  ['feed: one of them', (database) => new FeedQuery(database).find(person, some.message), 1],
  // One row for each shard.
  ['feed: how many are unread and unseen', (database) => new FeedQuery(database).unread(person), 17],
  ['messages: where a delivered one is', trace(() => some.message), 1],
  ['messages: where an owed one is', trace(() => some.owed), 1],
  ['messages: where one is that was given up', trace(() => some.dead), 1],
  ['messages: where an action is', trace(() => some.action), 1],
  ['questions: the newest page', questions(() => ({})), 1500],
  ['questions: a page in the middle', questions(() => ({ cursor: ROWS / 2 })), 1001],
  ['questions: the open ones', questions(() => ({ status: 'requested' })), OPEN],
  [
    'questions: the open ones of one type',
    questions(() => ({ status: 'requested', notification_types: ['user_question_request'] })),
    OPEN,
  ],
  ['questions: the counts', (database) => new MerchantAnswersQuery(database).counts(MERCHANT), 100],
  ['questions: one with its answer', (database) => new MerchantAnswersQuery(database).find(MERCHANT, 1), 10],
  [
    'questions: what changed',
    (database) => database.asMerchant(MERCHANT, (tx) => readQuestionChanges(tx, MERCHANT, { change: '1' }, 200)),
    MISSED,
  ],
  ['questions: those of one type', questions(() => ({ notification_types: ['user_question_request'] })), 2500],
];

/** Few rows whatever happens, as many as a page has people, or as were recorded or deleted lately. */
const SMALL = [
  'users',
  'notification_types',
  'conversations',
  'agent_action_uses_progress',
  'agent_action_uncounted',
  'deleted_notifications',
];

describe(`plans at ${ROWS.toLocaleString('en')} rows of each product, as the gateway’s role`, () => {
  it.each(READS)('%s', async (_, work, most) => {
    const reads = (await readsOf(fresh.url, work)).filter(({ table }) => !SMALL.includes(table));
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.filter(({ how, rows }) => /Seq Scan/.test(how) || rows > most)).toEqual([]);
  });

  it.each(['seen', 'read', 'archived'] as const)('feed: fifty marks as %s', async (mark) => {
    const feed = { companyId: COMPANY, login: person.login, tab: 'all', mark };
    const reads = await readsOf(
      fresh.url,
      (database) =>
        database.transaction(async (tx) => {
          const { next } = await markFeed(tx, feed, undefined, 50);
          if (next) await countLeftOfFeed(tx, feed, next, 50);
        }),
      'herald_delivery',
    );
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.filter(({ how, rows }) => /Seq Scan/.test(how) || rows > 50)).toEqual([]);
  });

  it('questions: those that are due, as the worker’s role', async () => {
    const work: Work = async (database) => {
      expect(await findDue(database)).toEqual({ ended: true, reminders: true });
      expect((await database.transaction((tx) => expireQuestions(tx, 50, true))).length).toBeGreaterThan(0);
      await database.transaction((tx) => remindOfQuestions(tx, 50, true));
    };
    const reads = await readsOf(fresh.url, work, 'herald_merchant_answers');
    const most = reads.filter(
      ({ table, how, rows }) => table !== 'conversations' && (/Seq Scan/.test(how) || rows > 100),
    );
    expect(most).toEqual([]);
  });

  it('events: the oldest that are not published', async () => {
    const work: Work = (database) =>
      database.feeding((tx) => takeEvents(tx, 'merchant-answers.events', { published: 1000, limit: 50 }));
    const reads = await readsOf(fresh.url, work);
    expect(reads.filter(({ how, rows }) => /Seq Scan/.test(how) || rows > 200)).toEqual([]);
  });

  it('notice a read that no index serves', async () => {
    const reads = await readsOf(fresh.url, (database) =>
      database.asCompany(COMPANY, (tx) =>
        tx.query(`select from agent_actions where metadata ->> 'tool_used' = $1`, ['crm']),
      ),
    );
    const [{ rows }] = reads as [(typeof reads)[number]];
    expect(reads).toEqual([{ how: expect.stringMatching(/Seq Scan|Bitmap/), table: 'agent_actions', rows }]);
    // Parallel workers are reported by their mean.
    expect(Math.abs(rows - ROWS)).toBeLessThan(5);
  });

  it('follow a generator that leaves counters right', async () => {
    expect(await counterDifferences(fresh.url)).toEqual([]);
  }, 300_000);
});
