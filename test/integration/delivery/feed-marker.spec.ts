import { randomUUID } from 'node:crypto';
import { compareFeedCounters, countUnread, Database, type Sql } from '@herald/database';
import { Pool } from 'pg';
import { FeedMarker } from '../../../apps/delivery/src/feed-marker.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';

const COMPANY = randomUUID();
/** More than two slices. */
const ROWS = 5000;

let fresh: FreshDatabase;
let database: Database;
let pool: Pool;
let login: string;
const announced: string[] = [];
const announcer = { announce: (audiences: Iterable<string>) => announced.push(...audiences) };
const markerOn = (on: Database) => new FeedMarker(on, announcer as never);

beforeAll(async () => {
  fresh = await freshDatabase();
  database = open();
  pool = new Pool({ connectionString: fresh.url, max: 2 });
});
afterAll(async () => {
  await Promise.all([database.close(), pool.end()]);
  await fresh.drop();
});
beforeEach(() => {
  login = `login-${randomUUID()}`;
  announced.length = 0;
});

const open = () =>
  new Database({ url: fresh.url, applicationName: 'test-marker', poolSize: 6, statementTimeoutMs: 60_000 });
const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await pool.query<Row & Record<string, unknown>>(text, values)).rows;

/** Puts messages into the feed, the oldest `from` seconds ago, one a second; returns their ids from the oldest on. */
const arrive = async (rows: number, from = rows) =>
  (
    await query<{ id: string }>(
      `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, metadata, created_at, queued_at, started_at)
       select gen_random_uuid(), $1, 't', 'b', 'author-' || n % 3, $2, '{}', now() + (n - $4::int) * interval '1 second', now(), now()
         from generate_series(1, $3::int) n returning id`,
      [COMPANY, login, rows, from],
    )
  ).map(({ id }) => id);

type Options = { mark?: 'read' | 'archived' | 'seen'; upTo?: string; on?: Database; id?: string; at?: Date };
const mark = ({ mark: as = 'read', upTo, on = database, id = randomUUID(), at = new Date() }: Options = {}) =>
  markerOn(on).mark(
    { companyId: COMPANY, login, tab: 'all', mark: as, upTo },
    { correlationId: id, body: { login, mark: as, upTo }, run: { queue: 'delivery', queuedAt: at, startedAt: at } },
  );
const verdict = async (options?: Options) => (await mark(options)).verdict;
const count = () => countUnread(database, COMPANY, login);
const LATE = new Date(Date.now() - 60_000);

it.each([
  ['read', 'read', { unread: 0, unseen: 0 }],
  ['archived', 'archived', { unread: 0, unseen: 0 }],
  ['seen', 'unread', { unread: ROWS, unseen: 0 }],
] as const)('marks everything as %s, and tells the recipient and the authors', async (as, status, figures) => {
  await arrive(ROWS);
  expect(await verdict({ mark: as })).toEqual({ updated: ROWS });
  expect(await count()).toMatchObject(figures);
  const rows = await query(
    `select distinct status, seen_at is not null as seen, (read_at is not null) as read from feed_messages where recipient_login = $1`,
    [login],
  );
  expect(rows).toEqual([{ status, seen: true, read: as === 'read' }]);
  const audiences = [login, 'author-0', 'author-1', 'author-2'].map((each) => `feed ${COMPANY} ${each}`);
  expect([...new Set(announced)].toSorted()).toEqual(audiences.toSorted());
  expect(await verdict({ mark: as })).toEqual({ updated: 0 });
  expect(await compareFeedCounters(database)).toEqual([]);
});

it('archives what is read as well', async () => {
  const ids = await arrive(10);
  expect(await verdict({ upTo: ids[4] })).toEqual({ updated: 5 });
  expect(await verdict({ mark: 'archived', upTo: ids[6] })).toEqual({ updated: 7 });
  expect(await count()).toMatchObject({ unread: 3, unseen: 3 });
});

it('marks up to a message, this one and all before it, and leaves what arrives meanwhile', async () => {
  const ids = await arrive(ROWS);
  const [marked, ...later] = await Promise.all([
    verdict({ upTo: ids[ROWS - 11] }),
    ...Array.from({ length: 5 }, () => arrive(2, -10)),
  ]);
  expect(marked).toEqual({ updated: ROWS - 10 });
  expect(await count()).toMatchObject({ unread: 20 });
  const left = await query<{ id: string }>(
    `select id from feed_messages where recipient_login = $1 and status = 'unread'`,
    [login],
  );
  expect(left.map(({ id }) => id).toSorted()).toEqual([...ids.slice(-10), ...later.flat()].toSorted());
});

it('says how many are left when the time is over, and goes on when it is asked again', async () => {
  const ids = await arrive(ROWS);
  const upTo = ids[ROWS - 2];
  expect(await verdict({ upTo, at: LATE })).toEqual({ updated: 2000, left: 2999 });
  expect(await verdict({ upTo, at: LATE })).toEqual({ updated: 2000, left: 999 });
  expect(await verdict({ upTo, at: LATE })).toEqual({ updated: 999 });
  expect(await count()).toMatchObject({ unread: 1 });
});

it('marks each message once when two of them run at once', async () => {
  await arrive(ROWS);
  const two = await Promise.all([verdict(), verdict({ mark: 'read' }), verdict({ mark: 'seen' })]);
  expect((two[0]?.updated ?? 0) + (two[1]?.updated ?? 0)).toBe(ROWS);
  expect(await count()).toMatchObject({ unread: 0, unseen: 0 });
  expect(await compareFeedCounters(database)).toEqual([]);
});

it('tells two runs under one id the same', async () => {
  await arrive(ROWS);
  const id = randomUUID();
  const both = await Promise.all([mark({ id }), mark({ id })]);
  expect(both.map(({ verdict }) => verdict)).toEqual([{ updated: ROWS }, { updated: ROWS }]);
  expect(await mark({ id })).toMatchObject({ verdict: { updated: ROWS }, replayed: true });
});

/** A worker that dies after its second slice. */
class Dying extends Database {
  private slices = 0;

  override transaction<T>(work: (tx: Sql, begun: unknown) => Promise<T>, begin?: string): Promise<T> {
    return this.slices++ === 2 ? Promise.reject(new Error('died')) : super.transaction(work, begin);
  }
}

it('goes on where a worker died, and counts all slices', async () => {
  await arrive(ROWS);
  const id = randomUUID();
  const dying = new Dying({ url: fresh.url, applicationName: 'test-dying', poolSize: 1 });
  await expect(mark({ id, on: dying })).rejects.toThrow('died');
  await dying.close();
  expect(await count()).toMatchObject({ unread: ROWS - 4000 });
  expect(await mark({ id })).toMatchObject({ verdict: { updated: ROWS }, replayed: false });
});

it('refuses a message of another feed, and an id that was used with another body, and changes nothing', async () => {
  const [first] = (await arrive(2)) as [string];
  const id = randomUUID();
  await mark({ id, upTo: first });
  await expect(mark({ id })).rejects.toMatchObject({ status: 422 });
  const mine = login;
  login = 'somebody-else';
  await expect(mark({ upTo: first })).rejects.toMatchObject({ status: 404 });
  login = mine;
  expect(await count()).toMatchObject({ unread: 1 });
});
