import { randomUUID } from 'node:crypto';
import {
  ACTION_STATEMENTS,
  ACTIONS,
  areUsesCounted,
  compareUses,
  countUses,
  createDataSource,
  Database,
  migrate,
  readTimeline,
  readUses,
} from '@herald/database';
import { ActionAnalyticsQuery } from '../../../apps/gateway/src/agent-actions/action-analytics.query.js';
import { anAction, aPerson } from '../../support/actions.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';

const COMPANY = randomUUID();
const AT = new Date('2026-03-10T14:35:00Z');
const HOUR = 3_600_000;

let fresh: FreshDatabase;
let database: Database;
beforeEach(async () => {
  fresh = await freshDatabase();
  database = new Database({ url: fresh.url, applicationName: 'test-uses', poolSize: 8, statementTimeoutMs: 60_000 });
  await database.query(`insert into companies (id, name) values ($1, 'Uses')`, [COMPANY]);
});
afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const record = async (bodies: object[], at = (n: number) => new Date(AT.getTime() - n * 1_000_000)) => {
  const ids = bodies.map(() => randomUUID());
  const times = bodies.map((_, n) => at(n));
  const values = [ids, ids.map(() => COMPANY), bodies.map((body) => JSON.stringify(body)), times, times];
  await database.query(ACTION_STATEMENTS.writeDirect, values);
  return ids;
};
const using = (tool_used: unknown, fields: object = {}, metadata: object = {}) =>
  anAction({ metadata: { tool_used, ...metadata }, ...fields });
const countAll = async () => {
  while (await database.transaction(countUses));
};
const tools = (filters = {}) => readUses(database, COMPANY, filters, { by: 'tool', limit: 100 });
const differences = () => compareUses(database);
const some = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    using(
      `tool ${n % 3}`,
      { priority: ['low', 'high'][n % 2] },
      { agent_id: `agent ${n % 4}`, execution_time: n / 10 },
    ),
  );

describe('uses of tools', () => {
  it('are the same before they are counted as after', async () => {
    await record(some(60));
    const before = await tools();
    expect(await database.query('select from agent_action_uses')).toEqual([]);
    await countAll();
    expect(await database.query('select from agent_action_uncounted')).toEqual([]);
    expect(await tools()).toEqual(before);
    expect(before.data.map(({ key, count }) => [key, count])).toEqual([
      ['tool 0', 20],
      ['tool 1', 20],
      ['tool 2', 20],
    ]);
    expect(await differences()).toEqual([]);
  });

  it('notice a figure that is wrong', async () => {
    await record(some(3));
    await countAll();
    await database.query(`update agent_action_uses set low = low + 1 where grain = 'day' and tool = 'tool 0'`);
    expect(await differences()).toMatchObject([{ grain: 'day', tool: 'tool 0' }]);
  });

  it('forget what is removed, whether it was counted or not, and keep the latest time of the rest', async () => {
    const ids = await record(some(60));
    await countAll();
    const later = await record(some(30));
    const gone = [...ids.filter((_, n) => n % 7 < 3), ...later.filter((_, n) => n % 2)];
    await database.query(ACTIONS.remove, [gone]);
    expect(await differences()).toEqual([]);
    await countAll();
    expect(await differences()).toEqual([]);
    await database.query('delete from companies');
    expect(await database.query('select from agent_action_uses')).toEqual([]);
  });

  it.each([
    ['all of them', 'true'],
    ['the newest', `created_at > $2::timestamptz - interval '10 hours'`],
    ['the oldest', `created_at < $2::timestamptz - interval '10 hours'`],
    ['every second one', `metadata ->> 'execution_time' like '%5'`],
  ])('forget thousands that one statement removes: %s', async (_, which) => {
    await record(some(3500), (n) => new Date(AT.getTime() - n * 20_000));
    await countAll();
    await database.query(
      `delete from agent_actions where company_id = $1 and $2::timestamptz is not null and ${which}`,
      [COMPANY, AT],
    );
    expect(await differences()).toEqual([]);
  });

  it('stay right while fifty writers record, remove, mark and count', async () => {
    const people = [aPerson()];
    const writer = async (n: number) => {
      const ids = await record(some(20).map((action) => ({ ...action, recipients: people })));
      if (n % 2) await database.transaction(countUses);
      await database.query(ACTIONS.remove, [ids.slice(0, n % 15)]);
      await database.query(`update agent_actions set status = 'read' where id = $1`, [ids[19]]);
      expect(await differences()).toEqual([]);
    };
    await Promise.all(Array.from({ length: 50 }, (_, n) => writer(n)));
    await countAll();
    expect(await differences()).toEqual([]);
    const [{ n } = { n: 0 }] = await database.query<{ n: number }>('select count(*)::int as n from agent_actions');
    expect((await tools()).data.reduce((sum, { count }) => sum + count, 0)).toBe(n);
  }, 60_000);

  it.each<[unknown, number]>([
    ['2.3s', 2300],
    ['2.3 s', 2300],
    ['350ms', 350],
    ['0.5ms', 1],
    [2.3, 2300],
    ['2.3', 2300],
    [0, 1],
    [1e6, 1e9],
    [1e-300, 1],
  ])('understand an execution time of %j as %j ms, within 5 %%', async (execution_time, ms) => {
    await record([using('crm', {}, { execution_time })]);
    const { execution_time: times } = (await tools()).data[0]!;
    expect(times).toMatchObject({ measured: 1, ignored: 0 });
    expect(Math.abs((times.p50_ms as number) / ms - 1)).toBeLessThanOrEqual(0.05);
    await countAll();
    expect(await differences()).toEqual([]);
  });

  it.each<[unknown]>([
    ['1000001s'],
    [-1],
    [1e300],
    ['fast'],
    ['2,3s'],
    ['1e3'],
    ['2.3m'],
    ['2.3sms'],
    ['ms'],
    [''],
    [true],
    [{ s: 1 }],
    ['9'.repeat(1000)],
  ])('ignore an execution time of %j, and say so', async (execution_time) => {
    await record([using('crm', {}, { execution_time })]);
    const ignored = { measured: 0, ignored: 1, p50_ms: null, p95_ms: null };
    expect((await tools()).data[0]?.execution_time).toEqual(ignored);
    await countAll();
    expect((await tools()).data[0]?.execution_time).toEqual(ignored);
  });

  it('say nothing of an execution time that is not there', async () => {
    await record([using('crm'), using('crm', {}, { execution_time: null })]);
    expect((await tools()).data[0]?.execution_time).toEqual({ measured: 0, ignored: 0, p50_ms: null, p95_ms: null });
  });

  it('give percentiles within 5 %, also after removals', async () => {
    const times = Array.from({ length: 400 }, (_, n) => Math.round(1.03 ** n + n));
    const ids = await record(
      times.map((ms) => using('crm', {}, { execution_time: `${ms}ms` })),
      () => AT,
    );
    await countAll();
    await database.query(ACTIONS.remove, [ids.slice(300)]);
    const [crm] = (await tools()).data;
    for (const [figure, rank] of [
      ['p50_ms', 150],
      ['p95_ms', 285],
    ] as const) {
      expect(Math.abs((crm?.execution_time[figure] as number) / (times[rank - 1] as number) - 1)).toBeLessThan(0.05);
    }
  });

  it.each([[undefined], [''], [null], [{}], [['a']], [true]])(
    'count an action whose tool is %j as one without',
    async (tool) => {
      await record([using(tool)]);
      expect((await tools()).data).toMatchObject([{ key: null, count: 1 }]);
    },
  );

  it('count very long names by their first 200 characters, and numbers as text', async () => {
    await record([using('\u{10ffff}'.repeat(500), {}, { agent_id: '\u{10ffff}'.repeat(200) }), using(7)]);
    await countAll();
    expect((await tools()).data.map(({ key }) => key)).toEqual(['7', '\u{10ffff}'.repeat(200)]);
  });

  it('sum up what is beyond the limit', async () => {
    await record(Array.from({ length: 60 }, (_, n) => using(`tool ${n % 20}`)));
    const { data, total, other_count } = await readUses(database, COMPANY, {}, { by: 'tool', limit: 5 });
    expect([data.length, total, other_count]).toEqual([5, 20, 45]);
    const range = { start_date: new Date(AT.getTime() - 48 * HOUR), end_date: AT };
    const timeline = { companyId: COMPANY, filters: range, interval: 'hour', group: 'tool' } as const;
    const { series, other } = await readTimeline(database, timeline, 5);
    expect([series.length, other?.total]).toEqual([5, 45]);
  });
});

it('counts the actions of before a migration, in batches, while the version before records and removes', async () => {
  const dataSource = await createDataSource(fresh.url).initialize();
  const stands = async () =>
    (await dataSource.query(`select from migrations where name = 'CountUsesOfTools1764000123000'`)).length > 0;
  while (await stands()) await dataSource.undoLastMigration({ transaction: 'each' });
  await dataSource.destroy();
  const ids: string[] = [];
  for (let n = 0; n < 10; n++) ids.push(...(await record(some(500))));
  await migrate(fresh.url);
  expect(await areUsesCounted(database)).toBe(false);
  const analytics = new ActionAnalyticsQuery(database);
  const stillCounted = { data: { status: 503, message: 'The figures are still being counted; try again' } };
  await expect(analytics.tools(COMPANY, {}, 10)).rejects.toMatchObject(stillCounted);
  const byTool = { interval: 'day', group: 'tool', limit: 10 } as const;
  await expect(analytics.timeline(COMPANY, {}, byTool)).rejects.toMatchObject(stillCounted);
  expect(await analytics.timeline(COMPANY, {}, { ...byTool, group: 'type' })).toMatchObject({ group_by: 'type' });
  for (let n = 0; await database.transaction(countUses); n++) {
    ids.push(...(await record(some(30))));
    await database.query(ACTIONS.remove, [ids.filter(() => Math.random() < 0.05)]);
    expect(await differences()).toEqual([]);
  }
  await countAll();
  expect(await areUsesCounted(database)).toBe(true);
  expect(await differences()).toEqual([]);
  const [{ n } = { n: 0 }] = await database.query<{ n: number }>('select count(*)::int as n from agent_actions');
  expect((await tools()).data.reduce((sum, { count }) => sum + count, 0)).toBe(n);
}, 60_000);
