import { randomUUID } from 'node:crypto';
import { Actions, anAction, aPerson, recordAt } from '../../support/actions.js';
import { Herald } from '../../support/herald.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-03-10T14:35:12.345Z');
const [ann, bob] = [aPerson(), aPerson()];
const TYPES = ['agent_action', 'email_sent', 'deployment'];
const PRIORITIES = ['low', 'medium', 'high', 'urgent'];
const AGENTS = ['agent-a', 'agent b/ü', undefined];
const TOOLS = ['crm', 'email_tool', 'Suche/ü', undefined];
const pick = <T>(values: T[], index: number) => values[index % values.length] as T;

let herald: Herald;
let actions: Actions;
/** Everything in the log of the second company, newest first. */
let log: any[];

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  actions = new Actions(herald, herald.token('unlimitedApiKey', herald.otherCompany));
  const given = Array.from({ length: 120 }, (_, n) => ({
    at: new Date(NOW - Math.floor((n * n * HOUR) / 40)),
    body: anAction({
      notification_type: pick(TYPES, n >> 1),
      priority: pick(PRIORITIES, n),
      metadata: {
        agent_id: pick(AGENTS, n >> 2),
        tool_used: pick(TOOLS, n),
        execution_time: pick([`${n}ms`, n, `${n / 10}s`, 'soon'], n >> 1),
        query_id: `query/${n % 5}`,
      },
      recipients: pick([[], [ann], [ann, bob]], n),
    }),
  }));
  const ids = await recordAt(herald.databaseUrl, herald.otherCompany.id, given);
  log = await Promise.all(ids.map(async (id) => (await actions.get(`/${id}`)).body));
  log.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? 1 : -1));
}, 90_000);
afterAll(() => herald?.stop());

const params = (filters: Record<string, unknown>) => `?${new URLSearchParams(filters as Record<string, string>)}`;

/** The same rules as the API's, in the plainest way. */
const matches = (item: any, { start_date, end_date, agent_id, user_id, ...columns }: Record<string, string>) =>
  Object.entries(columns).every(([column, value]) => item[column] === value) &&
  (agent_id === undefined || item.metadata.agent_id === agent_id) &&
  (user_id === undefined || item.recipients.some((recipient: any) => recipient.user_id === user_id)) &&
  (start_date === undefined || item.created_at >= start_date) &&
  (end_date === undefined || item.created_at <= end_date);

const KEY_OF: Record<string, (item: any) => string | null> = {
  none: () => null,
  type: (item) => item.notification_type,
  priority: (item) => item.priority,
  agent: (item) => item.metadata.agent_id ?? null,
  tool: (item) => item.metadata.tool_used ?? null,
};

function expectedTimeline(interval: 'hour' | 'day', group: string, filters: Record<string, string>) {
  const length = { hour: HOUR, day: DAY }[interval];
  const first = Math.floor(Date.parse(filters['start_date'] as string) / length) * length;
  const buckets: string[] = [];
  for (let at = first; at <= Date.parse(filters['end_date'] as string); at += length)
    buckets.push(new Date(at).toISOString());
  const items = log.filter((item) => matches(item, filters));
  const keyOf = KEY_OF[group] as (item: any) => string | null;
  const keys = new Set<string | null>(items.map(keyOf));
  if (group === 'none') keys.add(null);
  if (group === 'priority') for (const priority of PRIORITIES) keys.add(priority);
  const series = [...keys].map((key) => {
    const own = items.filter((item) => keyOf(item) === key);
    const counts = buckets.map(
      (at) =>
        own.filter(({ created_at }) => Math.floor(Date.parse(created_at) / length) * length === Date.parse(at)).length,
    );
    return { key, total: own.length, counts };
  });
  series.sort((a, b) => b.total - a.total || ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  return { interval, group_by: group, buckets, series, other: null };
}

const iso = (at: number) => new Date(at).toISOString();
const RANGES = {
  hour: [
    [NOW - 30 * HOUR, NOW],
    [NOW - 3 * DAY - 12_345, NOW - 26 * HOUR + 1],
    [Date.parse('2026-03-09T10:00:00Z'), Date.parse('2026-03-10T09:59:59.999Z')],
    [NOW - 5000, NOW - 1],
  ],
  day: [
    [NOW - 10 * DAY, NOW],
    [NOW - 300 * DAY, NOW - 26 * HOUR + 1],
    [Date.parse('2026-03-01T00:00:00Z'), Date.parse('2026-03-09T23:59:59.999Z')],
    [NOW - 5 * HOUR, NOW - 2 * HOUR],
  ],
} as const;
const FILTERS: Record<string, string>[] = [
  {},
  { notification_type: 'email_sent' },
  { priority: 'high' },
  { agent_id: 'agent b/ü' },
  { agent_id: 'agent-a', notification_type: 'deployment', priority: 'low' },
  { user_id: ann.id },
  { user_id: bob.id.toUpperCase(), priority: 'medium' },
  { user_id: ann.id, agent_id: 'agent-a' },
  { agent_id: 'nobody' },
  { user_id: 'no uuid' },
];

describe('the timeline (contracts README, "Timeline")', () => {
  it.each(['none', 'type', 'priority', 'agent', 'tool'])(
    'by %s counts each hour or day',
    async (group) => {
      for (const interval of ['hour', 'day'] as const) {
        for (const [from, to] of RANGES[interval]) {
          for (const filters of FILTERS) {
            const asked: Record<string, string> = { ...filters, start_date: iso(from), end_date: iso(to) };
            const { status, body } = await actions.get(
              `/stats/timeline${params({ ...asked, interval, group_by: group })}`,
            );
            const lower = asked['user_id'] ? { ...asked, user_id: asked['user_id'].toLowerCase() } : asked;
            expect({ asked, status, ...body }).toEqual({
              asked,
              status: 200,
              ...expectedTimeline(interval, group, lower),
            });
          }
        }
      }
    },
    120_000,
  );

  it('adds up to the statistics of the same range', async () => {
    for (const [from, to] of [...RANGES.hour, ...RANGES.day]) {
      const asked = { start_date: iso(from), end_date: iso(to) };
      const stats = (await actions.get(`/stats${params(asked)}`)).body;
      const { series } = (await actions.get(`/stats/timeline${params({ ...asked, group_by: 'tool' })}`)).body;
      expect(series.reduce((sum: number, { total }: any) => sum + total, 0)).toBe(stats.total_notifications);
    }
  });

  it('is of the last thirty days, or 24 hours, up to now or the end', async () => {
    const { buckets } = (await actions.get('/stats/timeline')).body;
    expect([buckets.length, buckets.at(-1)]).toEqual([30, `${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`]);
    const hours = (await actions.get(`/stats/timeline${params({ interval: 'hour', end_date: iso(NOW) })}`)).body;
    expect([hours.buckets[0], hours.buckets.length]).toEqual(['2026-03-09T15:00:00.000Z', 24]);
  });

  it('sums up what is beyond the limit as other', async () => {
    const asked = { start_date: iso(NOW - 300 * DAY), end_date: iso(NOW), group_by: 'tool', limit: '2' };
    const { series, other } = (await actions.get(`/stats/timeline${params(asked)}`)).body;
    const { series: all } = expectedTimeline('day', 'tool', { start_date: asked.start_date, end_date: asked.end_date });
    expect(series).toEqual(all.slice(0, 2));
    expect(other.total).toBe(all.slice(2).reduce((sum, { total }) => sum + total, 0));
    expect(other.counts.reduce((sum: number, n: number) => sum + n)).toBe(other.total);
  });

  it.each(['hour', 'day'] as const)('has at most 750 buckets of an %s', async (interval) => {
    const length = { hour: HOUR, day: DAY }[interval];
    const end = Math.ceil(NOW / length) * length - 1;
    const ask = (count: number) =>
      actions.get(
        `/stats/timeline${params({ interval, start_date: iso(end + 1 - count * length), end_date: iso(end) })}`,
      );
    expect((await ask(750)).body.buckets).toHaveLength(750);
    expect(await ask(751)).toMatchObject({
      status: 400,
      body: {
        message: 'Invalid start_date parameter',
        errors: [{ field: 'start_date', message: `must leave at most 750 ${interval}s up to end_date` }],
      },
    });
  });
});

it('begins no timeline in the future', async () => {
  const answer = await actions.get(`/stats/timeline${params({ interval: 'day', start_date: iso(Date.now() + DAY) })}`);
  expect(answer).toMatchObject({ status: 400, body: { message: 'Invalid start_date parameter' } });
});

/** The figures of `/stats/agents` and `/stats/tools`, counted one by one. */
function expectedUses(group: string, name: string, filters: Record<string, string>) {
  const items = log.filter((item) => matches(item, filters));
  const keyOf = KEY_OF[group] as (item: any) => string | null;
  const data = [...new Set(items.map(keyOf))].map((key) => {
    const own = items.filter((item) => keyOf(item) === key);
    const of = (priority: string) => own.filter((item) => item.priority === priority).length;
    const ignored = own.filter((item) => item.metadata.execution_time === 'soon').length;
    return {
      [name]: key,
      count: own.length,
      by_priority: { low: of('low'), medium: of('medium'), high: of('high'), urgent: of('urgent') },
      high_and_urgent_share: Number(((of('high') + of('urgent')) / own.length).toFixed(4)),
      last_at: own[0].created_at,
      execution_time: expect.objectContaining({ measured: own.length - ignored, ignored }),
    };
  });
  data.sort((a: any, b: any) => b.count - a.count || ((a[name] ?? '') < (b[name] ?? '') ? -1 : 1));
  return { data, total: data.length, other_count: 0 };
}

const msOf = ({ metadata: { execution_time: time } }: any): number =>
  Math.max(1, typeof time === 'number' ? time * 1000 : parseFloat(time) * (time.endsWith('ms') ? 1 : 1000));

describe.each([
  ['agents', 'agent', 'agent_id'],
  ['tools', 'tool', 'tool_used'],
])('%s (contracts README, "Agents and tools")', (path, group, name) => {
  it('are counted over any range, whatever is filtered', async () => {
    const ranges = [
      {},
      ...[...RANGES.hour, ...RANGES.day].map(([from, to]) => ({ start_date: iso(from), end_date: iso(to) })),
    ];
    for (const range of [...ranges, { start_date: iso(NOW - 3 * DAY) }, { end_date: iso(NOW - 3 * DAY) }]) {
      for (const filters of FILTERS.filter(({ user_id, priority }) => !user_id && !priority)) {
        const asked = { ...filters, ...range };
        const { status, body } = await actions.get(`/stats/${path}${params(asked)}`);
        expect({ asked, status, ...body }).toEqual({ asked, status: 200, ...expectedUses(group, name, asked) });
      }
    }
  }, 60_000);

  it('have percentiles within 5 %', async () => {
    const { data } = (await actions.get(`/stats/${path}`)).body;
    for (const use of data) {
      const own = log.filter((item) => (KEY_OF[group] as any)(item) === use[name]);
      const times = own
        .filter((item) => item.metadata.execution_time !== 'soon')
        .map(msOf)
        .sort((a, b) => a - b);
      for (const [figure, share] of [
        ['p50_ms', 0.5],
        ['p95_ms', 0.95],
      ] as const) {
        const exact = times[Math.ceil(times.length * share) - 1] as number;
        expect(Math.abs(use.execution_time[figure] / exact - 1)).toBeLessThanOrEqual(0.05);
      }
    }
  });

  it('are the busiest first, up to the limit', async () => {
    const all = expectedUses(group, name, {});
    const { body } = await actions.get(`/stats/${path}?limit=1`);
    expect(body).toEqual({
      data: all.data.slice(0, 1),
      total: all.total,
      other_count: all.data.slice(1).reduce((sum, { count }) => sum + (count as number), 0),
    });
  });
});

describe('the story of a query (contracts README, "Story of a query")', () => {
  const path = (id: string, query = {}) => `/queries/${encodeURIComponent(id)}${params(query)}`;
  const own = () => log.filter(({ metadata }) => metadata.query_id === 'query/3').toReversed();
  const expected = () =>
    own().map((item, n, all) => ({
      ...item,
      ms_since_previous: n === 0 ? null : Date.parse(item.created_at) - Date.parse(all[n - 1].created_at),
    }));

  it('tells its actions in order, with the time between them, and who and what took part', async () => {
    const { status, body } = await actions.get(path('query/3'));
    const items = own();
    const named = (name: string) =>
      [...new Set(items.map(({ metadata }) => metadata[name]).filter(Boolean))]
        .map((key) => ({ [name]: key, count: items.filter(({ metadata }) => metadata[name] === key).length }))
        .sort((a: any, b: any) => b.count - a.count || (a[name] < b[name] ? -1 : 1));
    expect({ status, ...body }).toEqual({
      status: 200,
      query_id: 'query/3',
      first_at: items[0].created_at,
      last_at: items.at(-1).created_at,
      agents: named('agent_id'),
      tools: named('tool_used'),
      data: expected(),
      total: items.length,
      skip: 0,
      limit: 50,
      next_cursor: null,
    });
  });

  it('pages by cursor and by skip', async () => {
    const bySkip: any[] = [];
    for (let skip = 0; skip < own().length; skip += 7)
      bySkip.push(...(await actions.get(path('query/3', { limit: 7, skip }))).body.data);
    const byCursor: any[] = [];
    let cursor: string | null = null;
    do {
      const { body }: any = await actions.get(path('query/3', { limit: 7, ...(cursor ? { cursor } : {}) }));
      byCursor.push(...body.data);
      cursor = body.next_cursor;
    } while (cursor);
    expect(bySkip).toEqual(expected());
    expect(byCursor).toEqual(expected());
    expect((await actions.get(path('query/3', { skip: 1000 }))).body).toMatchObject({ data: [], next_cursor: null });
  });

  it.each(['nobody’s', randomUUID(), 'nul\u0000', 'x'.repeat(1000)])('is a 404 for %j', async (id) => {
    const { status, body } = await actions.get(path(id));
    expect([status, body.error, body.message]).toEqual([404, 'NotFound', 'Query not found']);
  });

  it('is the same 404 for a query of another company', async () => {
    const others = new Actions(herald, herald.token('unlimitedApiKey'));
    expect((await others.get(path('query/3'))).body.message).toBe('Query not found');
  });
});

it('shows an action in the figures as soon as it is in the log', async () => {
  const company = new Actions(herald);
  for (let n = 1; n <= 5; n++) {
    await company.record({ metadata: { tool_used: 'at once' } });
    const { data } = (await company.get('/stats/tools')).body;
    expect(data.find(({ tool_used }: any) => tool_used === 'at once')?.count).toBe(n);
  }
});
