import { randomUUID } from 'node:crypto';
import {
  compareFeedCounters,
  countUnread,
  createDataSource,
  Database,
  FEED,
  migrate,
  setFeedStatus,
} from '@herald/database';
import { Pool } from 'pg';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';

const COMPANY = randomUUID();
const LOGINS = ['dmurta', 'carla', 'admin'];

let fresh: FreshDatabase;
let database: Database;
let pool: Pool;
beforeEach(async () => {
  fresh = await freshDatabase();
  database = new Database({ url: fresh.url, applicationName: 'test-feed', poolSize: 8, statementTimeoutMs: 60_000 });
  pool = new Pool({ connectionString: fresh.url, max: 8 });
});
afterEach(async () => {
  await Promise.all([database.close(), pool.end()]);
  await fresh.drop();
});

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await pool.query<Row & Record<string, unknown>>(text, values)).rows;

/** Puts messages into the feeds of all three, so many each; returns their ids. */
const arrive = async (each: number, status = 'unread') =>
  (
    await query<{ id: string }>(
      `insert into feed_messages (id, company_id, title, body, author_login, recipient_login, status, metadata, created_at, queued_at, started_at)
       select gen_random_uuid(), $1, 't', 'b', 'admin', login, $4, '{}', now() - n * interval '1 second', now(), now()
         from generate_series(1, $2) n, unnest($3::text[]) login returning id`,
      [COMPANY, each, LOGINS, status],
    )
  ).map(({ id }) => id);
const set = (id: string, login: string, status: string) =>
  setFeedStatus(database, { companyId: COMPANY, messageId: id, login }, status);
const count = (login: string) => countUnread(database, COMPANY, login);
const figures = (unread: number, unseen = unread) => ({ unread, unseen, byTab: { ai: unread } });

/** The schema before a migration and all later ones. */
async function goBackBefore(migration: string): Promise<void> {
  const dataSource = await createDataSource(fresh.url).initialize();
  const stands = async () => (await dataSource.query('select from migrations where name = $1', [migration])).length > 0;
  while (await stands()) await dataSource.undoLastMigration({ transaction: 'each' });
  await dataSource.destroy();
}

it('count what arrives, is marked, is marked again and goes, whoever writes', async () => {
  const [id] = (await arrive(3)) as [string];
  expect(await count('dmurta')).toEqual(figures(3));
  await set(id, 'dmurta', 'read');
  expect(await count('dmurta')).toEqual(figures(2));
  await set(id, 'dmurta', 'archived');
  expect(await count('dmurta')).toEqual(figures(2));
  await set(id, 'dmurta', 'unread');
  // It was read, so it has been seen.
  expect(await count('dmurta')).toEqual(figures(3, 2));
  await query(`update feed_messages set recipient_login = 'carla' where id = $1`, [id]);
  expect([await count('dmurta'), await count('carla')]).toEqual([figures(2), figures(4, 3)]);
  await query(`delete from feed_messages where recipient_login = 'carla'`);
  expect(await count('carla')).toEqual(figures(0));
  await database.query(FEED.remove, [
    (await query<{ id: string }>('select id from feed_messages')).map((row) => row.id),
  ]);
  expect(await compareFeedCounters(database)).toEqual([]);
  expect(await query('select from feed_counters group by company_id, login having sum(unread) <> 0')).toEqual([]);
});

it('are right after many wrote at once', async () => {
  const ids = await arrive(40);
  const random = <T>(list: readonly T[]) => list[Math.floor(Math.random() * list.length)] as T;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 60; n++) {
        const status = random(['unread', 'read', 'archived', 'gone', 'new']);
        if (status === 'new') await arrive(1);
        else if (status === 'gone') await query('delete from feed_messages where id = $1', [random(ids)]);
        else await Promise.all(LOGINS.map((login) => set(random(ids), login, status)));
      }
    }),
  );
  expect(await compareFeedCounters(database)).toEqual([]);
  const [row] = await query<{ rows: number }>('select max(shard)::int as rows from feed_counters');
  expect(row?.rows).toBeLessThan(16);
});

it('would be found wrong without a trigger', async () => {
  const [id] = (await arrive(1)) as [string];
  await query('alter table feed_messages disable trigger feed_messages_count_update');
  await set(id, 'dmurta', 'read');
  expect(await compareFeedCounters(database)).toEqual([{ company_id: COMPANY, login: 'dmurta', tab: 'ai' }]);
});

it('cost the same at any number of unread messages', async () => {
  await arrive(20_000);
  const [plan] = await query<{ 'QUERY PLAN': unknown }>(
    `explain (analyze, format json) select tab, sum(unread) from feed_counters where company_id = $1 and login = $2 group by tab`,
    [COMPANY, 'dmurta'],
  );
  expect(JSON.stringify(plan)).not.toMatch(/feed_messages/);
  expect(await query('select from feed_counters where login = $1', ['dmurta'])).toHaveLength(1);
  expect(await count('dmurta')).toEqual(figures(20_000));
});

describe('an upgrade', () => {
  it('counts what was there, while the version before goes on writing', async () => {
    await goBackBefore('CountFeeds1764000122000');
    const ids = await arrive(200);
    await arrive(50, 'read');
    await query(`update feed_messages set read_at = now() where status = 'read'`);
    let migrated = false;
    /** As the version before does it. */
    const writing = async () => {
      for (let n = 0; !migrated; n++) {
        await arrive(1);
        await query(`update feed_messages set status = 'read', read_at = now() where id = $1`, [ids[n]]);
        await query('delete from feed_messages where id = $1', [ids[n + 200]]);
      }
    };
    const writers = writing();
    await migrate(fresh.url);
    migrated = true;
    await writers;
    expect(await compareFeedCounters(database)).toEqual([]);
    const [{ shown } = { shown: 0 }] = await query<{ shown: number }>(
      `select count(*)::int as shown from feed_messages where status = 'read' and coalesce(seen_at, read_at) is null`,
    );
    expect(shown).toBe(0);
  });

  it('that is interrupted counts nothing twice', async () => {
    await goBackBefore('CountEarlierMessages1764000122200');
    await query('alter table feed_messages disable trigger feed_messages_count_insert');
    await arrive(10);
    await query('alter table feed_messages enable trigger feed_messages_count_insert');
    for (let run = 0; run < 2; run++) {
      await migrate(fresh.url);
      await query(`delete from migrations where name like 'CountEarlier%'`);
      expect(await count('dmurta')).toEqual(figures(10));
    }
    expect(await compareFeedCounters(database)).toEqual([]);
  });

  it('knows that a message was seen which was read before, and is unread again', async () => {
    await goBackBefore('CountFeeds1764000122000');
    const [id] = (await arrive(1)) as [string];
    await query(`update feed_messages set status = 'read', read_at = '2026-01-01' where id = $1`, [id]);
    await migrate(fresh.url);
    const item = await set(id, 'dmurta', 'unread');
    expect(item).toMatchObject({ readAt: null, seenAt: new Date('2026-01-01') });
    expect(await count('dmurta')).toEqual(figures(1, 0));
  });
});

it('may be changed by no service', async () => {
  await arrive(1);
  for (const role of ['herald_gateway', 'herald_delivery', 'herald_ops']) {
    const client = await pool.connect();
    try {
      await client.query(`begin; set local role ${role}`);
      await expect(client.query('update feed_counters set unread = 5')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
});
