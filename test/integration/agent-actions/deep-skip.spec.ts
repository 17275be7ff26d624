import { type ActionFilters, compareCounters, count, countedRecipients, Database } from '@herald/database';
import { AgentActionsQuery } from '../../../apps/gateway/src/agent-actions/agent-actions.query.js';
import { seedActions } from '../../../apps/cli/src/seed/seed-actions.js';
import { aPerson } from '../../support/actions.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';

const COMPANY = '123e4567-e89b-12d3-a456-426614174001';
const ACTIONS = 48_000;
const DAYS = 10;
const LIMIT = 20;
const { id: USER } = aPerson();
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

let fresh: FreshDatabase;
let database: Database;
let agent: string;

/** One user who received everything, archived in part. */
const ADDRESS = `
  with addressed as (
    insert into agent_action_recipients (notification_id, user_id, id, company_id, position, created_at, notification_type,
                                         priority, status)
    select id, '${USER}', gen_random_uuid(), company_id, 99, created_at, notification_type, priority,
           case when hashtext(id::text) % 3 = 0 then 'archived' else 'unread' end
      from agent_actions
    returning *)
  ${count(countedRecipients('addressed'))}`;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = new Database({
    url: fresh.url,
    applicationName: 'test-deep-skip',
    poolSize: 1,
    statementTimeoutMs: 60_000,
  });
  await database.query(`insert into companies (id, name) values ('${COMPANY}', 'Seeded')`);
  await seedActions(database, { companyId: COMPANY, actions: ACTIONS, days: DAYS });
  await database.query(
    `insert into users (company_id, id, email, name) values ('${COMPANY}', '${USER}', 'a@b.example', 'A')`,
  );
  await database.query(ADDRESS);
  const [most] = await database.query<{ agent_id: string }>(
    'select agent_id from agent_actions group by agent_id order by count(*) desc limit 1',
  );
  agent = most!.agent_id;
}, 120_000);
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

/** All that the filters leave, newest first, in the plainest way. */
async function everything({ start_date, end_date, user_id, ...columns }: ActionFilters): Promise<string[]> {
  const [table, id] = user_id ? ['agent_action_recipients', 'notification_id'] : ['agent_actions', 'id'];
  const values: unknown[] = [start_date ?? '-infinity', end_date ?? 'infinity'];
  const equal = Object.entries({ ...columns, ...(user_id ? { user_id } : {}) }).map(
    ([column, value]) => ` and ${column} = $${values.push(value)}`,
  );
  const rows = await database.query<{ id: string }>(
    `select ${id} as id from ${table} where created_at between $1 and $2${equal.join('')} order by created_at desc, ${id} desc`,
    values,
  );
  return rows.map((row) => row.id);
}

it.each<[string, () => ActionFilters]>([
  ['everything', () => ({})],
  ['a type', () => ({ notification_type: 'agent_action' })],
  ['a priority and a status', () => ({ priority: 'medium', status: 'unread' })],
  ['an agent', () => ({ agent_id: agent })],
  ['a range that ends within a day', () => ({ end_date: daysAgo(1.3) })],
  [
    'a range that starts and ends within a day',
    () => ({ start_date: daysAgo(8.7), end_date: daysAgo(2.1), status: 'read' }),
  ],
  ['the end of this very day', () => ({ end_date: daysAgo(-0.5) })],
  ['a user', () => ({ user_id: USER })],
  ['a user’s own status', () => ({ user_id: USER, status: 'archived', end_date: daysAgo(0.9) })],
])('a page far behind is the one that reading past all before it finds: %s', async (_, filters) => {
  const asked = filters();
  const ids = await everything(asked);
  expect(ids.length).toBeGreaterThan(5_000 + LIMIT);
  const query = new AgentActionsQuery(database);
  for (const skip of [5_000, 5_001, Math.floor((5_000 + ids.length) / 2), ids.length - LIMIT, ids.length - 1]) {
    const page = { skip, limit: LIMIT };
    const read = await (asked.user_id ? query.ofUser(COMPANY, asked, page) : query.list(COMPANY, asked, page));
    const shown = read.page;
    expect(shown).toMatchObject({ total: ids.length, skip, limit: LIMIT });
    expect(shown.data.map(({ id }) => id)).toEqual(ids.slice(skip, skip + LIMIT));
    expect(shown.next_cursor === null).toBe(skip + LIMIT >= ids.length);
  }
});

it('counts what the pages were found by', async () => {
  expect(await compareCounters(database)).toEqual([]);
});
