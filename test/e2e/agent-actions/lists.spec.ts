import { randomUUID } from 'node:crypto';
import { Actions, anAction, aPerson, counterDifferences, recordAt, SAMPLE } from '../../support/actions.js';
import { Herald } from '../../support/herald.js';

const NOW = Date.parse('2026-03-10T14:35:00Z');
const HOUR = 3_600_000;
const [ann, bob] = [aPerson(), aPerson()];
const AGENTS = ['agent-a', 'agent b/ü'];
const TYPES = ['agent_action', 'email_sent', 'deployment'];
const PRIORITIES = ['low', 'medium', 'high', 'urgent'];
const STATUSES = ['unread', 'read', 'archived'];

let herald: Herald;
let actions: Actions;
/** Everything in the log of the second company, as `GET /{id}` shows it, newest first. */
let log: any[];

const pick = <T>(values: T[], index: number) => values[index % values.length] as T;

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  actions = new Actions(herald, herald.token('unlimitedApiKey', herald.otherCompany));
  const recipientsOf = (n: number) => pick([[], [ann], [ann, bob]], n);
  const given = Array.from({ length: 90 }, (_, n) => ({
    at: new Date(NOW - Math.floor((n * n * HOUR) / 40)),
    body: anAction({
      notification_type: pick(TYPES, n >> 1),
      priority: pick(PRIORITIES, n),
      metadata: { agent_id: pick(AGENTS, n >> 2), ...(n % 5 ? { query_id: `query-${n % 7}` } : {}) },
      sender: pick([ann, bob], n >> 3),
      recipients: recipientsOf(n),
    }),
  }));
  const ids = await recordAt(herald.databaseUrl, herald.otherCompany.id, given);
  for (const [n, id] of ids.entries()) {
    for (const [m, { id: user }] of recipientsOf(n).entries()) {
      await actions.setStatus(id, user, { status: pick(STATUSES, n + m) });
    }
  }
  log = await Promise.all(ids.map(async (id) => (await actions.get(`/${id}`)).body));
  log.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? 1 : -1));
}, 90_000);
afterAll(() => herald?.stop());

/** The same rules as the API's, in the plainest way. */
function matches(item: any, filters: Record<string, string>): boolean {
  const { start_date, end_date, agent_id, query_id, ...columns } = filters;
  return (
    Object.entries(columns).every(([column, value]) => item[column] === value) &&
    (agent_id === undefined || item.metadata.agent_id === agent_id) &&
    (query_id === undefined || item.metadata.query_id === query_id) &&
    (start_date === undefined || item.created_at >= start_date) &&
    (end_date === undefined || item.created_at <= end_date)
  );
}

const params = (filters: Record<string, unknown>) => `?${new URLSearchParams(filters as Record<string, string>)}`;

const CHOICES: Record<string, string[]> = {
  notification_type: [...TYPES, 'system'],
  agent_id: [...AGENTS, 'nobody'],
  query_id: ['query-1', 'query-2', 'nothing'],
  priority: PRIORITIES,
  status: STATUSES,
  sender_id: [ann.id, bob.id, randomUUID(), 'no uuid'],
  start_date: [NOW - 8 * 24 * HOUR, NOW - 3 * 24 * HOUR - 12_345, NOW - 30 * HOUR].map((at) =>
    new Date(at).toISOString(),
  ),
  end_date: [NOW - 30 * HOUR + 1, NOW - 2 * HOUR, NOW].map((at) => new Date(at).toISOString()),
};

/** Filters by chance, the same in every run. */
function* combinations(count: number, names: string[]) {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let n = 0; n < count; n++) {
    const chosen = names.filter(() => random(10) < 3);
    yield Object.fromEntries(chosen.map((name) => [name, pick(CHOICES[name] as string[], random(100))]));
  }
}

const singles = Object.entries(CHOICES).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));

function expectedStats(items: any[]) {
  const of = (column: string, value: string) => items.filter((item) => item[column] === value).length;
  const types = [...new Set(items.map((item) => item.notification_type as string))];
  return {
    total_notifications: items.length,
    unread_count: of('status', 'unread'),
    read_count: of('status', 'read'),
    archived_count: of('status', 'archived'),
    by_type: Object.fromEntries(types.map((type) => [type, of('notification_type', type)])),
    by_priority: Object.fromEntries(PRIORITIES.map((priority) => [priority, of('priority', priority)])),
  };
}

describe('List Agent Action Notifications (contracts README, "Listing notifications")', () => {
  it('gives the newest fifty, with total, skip and limit', async () => {
    const { status, body } = await actions.get('');
    expect(status).toBe(200);
    expect(body).toEqual({ data: log.slice(0, 50), total: 90, skip: 0, limit: 50, next_cursor: expect.any(String) });
  });

  it('filters by each parameter alone', async () => {
    for (const filters of singles) {
      const { status, body } = await actions.get(params({ ...filters, limit: 100 }));
      const expected = log.filter((item) => matches(item, filters));
      expect({ filters, status, total: body.total, ids: body.data?.map(({ id }: any) => id) }).toEqual({
        filters,
        status: 200,
        total: expected.length,
        ids: expected.map(({ id }) => id),
      });
    }
  }, 60_000);

  it('filters by any of them together', async () => {
    for (const filters of combinations(150, Object.keys(CHOICES))) {
      if ((filters.start_date ?? '') > (filters.end_date ?? '9')) continue;
      const { body } = await actions.get(params({ ...filters, limit: 100 }));
      const expected = log.filter((item) => matches(item, filters));
      expect({ filters, total: body.total, ids: body.data?.map(({ id }: any) => id) }).toEqual({
        filters,
        total: expected.length,
        ids: expected.map(({ id }) => id),
      });
    }
  }, 60_000);

  it('pages by skip and by cursor, and ends', async () => {
    const bySkip: string[] = [];
    for (let skip = 0; skip < 90; skip += 20) {
      const { body } = await actions.get(params({ limit: 20, skip }));
      expect(body).toMatchObject({ skip, limit: 20, total: 90 });
      bySkip.push(...body.data.map(({ id }: any) => id));
    }
    const byCursor: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: any = await actions.get(params({ limit: 20, ...(cursor ? { cursor } : {}) }));
      byCursor.push(...body.data.map(({ id }: any) => id));
      cursor = body.next_cursor;
    } while (cursor);
    expect(bySkip).toEqual(log.map(({ id }) => id));
    expect(byCursor).toEqual(bySkip);
    expect((await actions.get(params({ skip: 90 }))).body).toMatchObject({ data: [], total: 90, next_cursor: null });
  });

  it('takes a date without a time as the whole of that day, and Python’s isoformat() as UTC', async () => {
    const day = '2026-03-09';
    const ofDay = log.filter(({ created_at }) => created_at.startsWith(day)).length;
    expect(ofDay).toBeGreaterThan(0);
    const total = async (filters: object) => (await actions.get(params({ ...filters }))).body.total;
    expect(await total({ start_date: day, end_date: day })).toBe(ofDay);
    expect(await total({ start_date: '2026-03-09T00:00:00', end_date: '2026-03-09T23:59:59.999999' })).toBe(ofDay);
    expect(await total({ start_date: '2026-03-09T02:00:00+02:00', end_date: '2026-03-10T00:59:59.999+01:00' })).toBe(
      ofDay,
    );
  });

  it.each([
    ['limit', '0'],
    ['limit', '-1'],
    ['limit', '101'],
    ['limit', '1e3'],
    ['limit', ''],
    ['skip', '-1'],
    ['skip', '1.5'],
    ['notification_type', 'carrier_pigeon'],
    ['notification_type', ''],
    ['notification_type', 'nul\u0000'],
    ['priority', 'critical'],
    ['status', 'seen'],
    ['agent_id', ''],
    ['agent_id', 'nul\u0000'],
    ['start_date', '2024-02-30'],
    ['start_date', 'now'],
    ['end_date', 'infinity'],
    ['cursor', 'nonsense'],
  ])('refuses %s=%j with "Invalid … parameter" (contracts README, "Query parameters")', async (name, value) => {
    const { status, body } = await actions.get(params({ [name]: value }));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: 'ValidationError',
      message: `Invalid ${name} parameter`,
      statusCode: 400,
      path: '/team-notifications',
      errors: expect.arrayContaining([{ field: name, message: expect.any(String) }]),
    });
    expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/);
  });

  it('refuses a parameter that is given twice, and a start after the end', async () => {
    expect((await actions.get('?limit=1&limit=2')).body.message).toBe('Invalid limit parameter');
    expect((await actions.get('?status=read&status=read')).body.message).toBe('Invalid status parameter');
    const { status, body } = await actions.get('?start_date=2024-01-02&end_date=2024-01-01');
    expect([status, body.message]).toEqual([400, 'Invalid start_date parameter']);
  });

  it('ignores parameters that nobody knows', async () => {
    expect((await actions.get('?colour=red')).status).toBe(200);
  });
});

describe('Get User Notifications (contracts README, "Notifications of a user")', () => {
  it('shows the sample’s user what the sample says', async () => {
    const first = new Actions(herald);
    const { body } = await first.get(`/users/${SAMPLE.user}?status=unread`);
    expect(body).toMatchObject({ total: 1, skip: 0, limit: 50 });
    expect(body.data[0]).toMatchObject({ id: SAMPLE.notification, status: 'unread', read_at: null });
    expect(body.data[0].recipients).toHaveLength(1);
  });

  it('gives each item that user’s status and read_at, and that user’s entry alone', async () => {
    const names = ['notification_type', 'priority', 'status'];
    for (const filters of [{}, ...combinations(40, names)]) {
      for (const user of [ann, bob]) {
        const own = log.flatMap((item) => {
          const entry = item.recipients.find(({ user_id }: any) => user_id === user.id);
          return entry ? [{ ...item, status: entry.status, read_at: entry.read_at, recipients: [entry] }] : [];
        });
        const expected = own.filter((item) => matches(item, filters));
        const { body } = await actions.get(`/users/${user.id.toUpperCase()}${params({ ...filters, limit: 100 })}`);
        expect(body.total).toBe(expected.length);
        expect(body.data).toEqual(expected);
      }
    }
  }, 60_000);

  it.each([[randomUUID()], ['nonsense'], [SAMPLE.user]])(
    'is an empty list for %s, whom the company does not know',
    async (user) => {
      const { status, body } = await actions.get(`/users/${user}`);
      expect([status, body]).toEqual([200, { data: [], total: 0, skip: 0, limit: 50, next_cursor: null }]);
    },
  );
});

describe('Get Notification Statistics (contracts README, "Statistics")', () => {
  it('counts what the filters leave, over any range', async () => {
    const names = ['notification_type', 'priority', 'agent_id', 'start_date', 'end_date'];
    for (const filters of [{}, ...combinations(80, names)]) {
      if (((filters as any).start_date ?? '') > ((filters as any).end_date ?? '9')) continue;
      const { body } = await actions.get(`/stats${params(filters)}`);
      expect({ filters, ...body }).toEqual({ filters, ...expectedStats(log.filter((item) => matches(item, filters))) });
    }
  }, 60_000);

  it('counts for a user by the user’s own status', async () => {
    for (const filters of [
      {},
      ...combinations(40, ['notification_type', 'priority', 'agent_id', 'start_date', 'end_date']),
    ]) {
      if (((filters as any).start_date ?? '') > ((filters as any).end_date ?? '9')) continue;
      const own = log.flatMap((item) => {
        const entry = item.recipients.find(({ user_id }: any) => user_id === ann.id);
        return entry && matches(item, filters) ? [{ ...item, status: entry.status }] : [];
      });
      const { body } = await actions.get(`/stats${params({ ...filters, user_id: ann.id })}`);
      expect({ filters, ...body }).toEqual({ filters, ...expectedStats(own) });
    }
  }, 60_000);

  it.each([[randomUUID()], ['nonsense'], [SAMPLE.user]])(
    'is zeros for user %s, whom the company does not know',
    async (user) => {
      const { status, body } = await actions.get(`/stats?user_id=${user}`);
      expect([status, body]).toEqual([200, expectedStats([])]);
    },
  );

  it('rests on counters that a recount confirms', async () => {
    expect(await counterDifferences(herald.databaseUrl)).toEqual([]);
  });

  it('rests on a check that notices a wrong counter', async () => {
    await herald.query(
      `update agent_action_counters set unread_low = unread_low + 1
      where (company_id, scope, grain) = ($1, 'company', 'all') and notification_type = 'email_sent'`,
      [herald.otherCompany.id],
    );
    expect(await counterDifferences(herald.databaseUrl)).toMatchObject([
      { scope: 'company', grain: 'all', notification_type: 'email_sent' },
    ]);
  });
});
