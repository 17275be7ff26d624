import { Database } from '@herald/database';
import { Pool } from 'pg';
import { figuresStatement } from '../../apps/gateway/src/agent-actions/action-figures.js';
import type { ActionFilters } from '../../apps/gateway/src/agent-actions/action-filters.js';
import { listStatement, usersListStatement } from '../../apps/gateway/src/agent-actions/agent-actions.query.js';
import { seedActions } from '../../apps/cli/src/seed/seed-actions.js';
import { counterDifferences } from '../support/actions.js';
import { type FreshDatabase, freshDatabase } from '../support/servers.js';

/** HERALD_TEST_ACTIONS=1000000 asks the same of a million. */
const ACTIONS = Number(process.env['HERALD_TEST_ACTIONS'] ?? 60_000);
const COMPANY = '123e4567-e89b-12d3-a456-426614174001';

let fresh: FreshDatabase;
let pool: Pool;
const some: Record<string, any> = {};

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
  await seedActions(database, { companyId: COMPANY, actions: ACTIONS, days: 90 });
  await database.close();
  const { rows } = await pool.query('select agent_id, query_id, sender_id from agent_actions limit 1');
  const users = await pool.query('select user_id from agent_action_recipients limit 1');
  Object.assign(some, rows[0], users.rows[0]);
}, 300_000);
afterAll(async () => {
  await pool?.end();
  await fresh?.drop();
});

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  Plans?: Node[];
}

/** Runs the statement as the gateway would and returns the steps of its plan that read tables. */
async function readsOf({ text, values }: { text: string; values: unknown[] }): Promise<Node[]> {
  const client = await pool.connect();
  try {
    await client.query(`begin; set local role herald_gateway; set local herald.company = '${COMPANY}'`);
    const { rows } = await client.query(`explain (analyze, format json) ${text}`, values);
    const walk = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(walk)];
    return walk(rows[0]['QUERY PLAN'][0].Plan).filter((node) => node['Relation Name']);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const page = { skip: 0, limit: 50 };
const thirtyDays = { start_date: new Date(Date.now() - 30 * 86_400_000), end_date: new Date() };
const list = (filters: () => ActionFilters) => () => listStatement(COMPANY, filters(), page);
const figures = (filters: () => ActionFilters) => () => figuresStatement(COMPANY, filters());

/** The commonest reads, and how many rows each may touch at most in one step, whatever the size of the table. */
const READS: [string, () => { text: string; values: unknown[] }, number][] = [
  ['the newest page', list(() => ({})), 60],
  ['a page of one type', list(() => ({ notification_type: 'agent_action' })), 60],
  ['a page of one agent', list(() => ({ agent_id: some.agent_id })), 60],
  ['a page of one query', list(() => ({ query_id: some.query_id })), 60],
  ['a page of what is unread', list(() => ({ status: 'unread' })), 60],
  ['a page of one sender within thirty days', list(() => ({ sender_id: some.sender_id, ...thirtyDays })), 60],
  ['a user’s page', () => usersListStatement(COMPANY, { user_id: some.user_id }, page), 60],
  ['a user’s unread page', () => usersListStatement(COMPANY, { user_id: some.user_id, status: 'unread' }, page), 60],
  ['the total of everything', figures(() => ({})), 500],
  ['the statistics of thirty days', figures(() => thirtyDays), 5000],
  ['an agent’s statistics of thirty days', figures(() => ({ agent_id: some.agent_id, ...thirtyDays })), 5000],
  ['the total of one query', figures(() => ({ query_id: some.query_id })), 500],
];

describe(`plans at ${ACTIONS.toLocaleString('en')} actions, as the gateway’s role`, () => {
  it.each(READS)('%s is read along an index', async (_, statement, mostRows) => {
    const reads = await readsOf(statement());
    const large = reads.filter((node) => node['Relation Name'] !== 'users');
    expect(large.length).toBeGreaterThan(0);
    for (const node of large) {
      expect([node['Node Type'], node['Relation Name']]).not.toContain('Seq Scan');
      expect(node['Actual Rows']).toBeLessThanOrEqual(mostRows);
    }
  });

  it('notices a read that no index serves', async () => {
    const reads = await readsOf({
      text: `select from agent_actions where metadata ->> 'tool_used' = $1`,
      values: ['crm'],
    });
    expect(reads.map((node) => node['Node Type']).join()).toMatch(/Seq Scan|Bitmap/);
  });

  it('follows a generator that leaves counters right', async () => {
    expect(await counterDifferences(fresh.url)).toEqual([]);
  }, 60_000);
});
