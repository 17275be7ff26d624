import { setTimeout as sleep } from 'node:timers/promises';
import { createDataSource, migrate } from '@herald/database';
import { Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '../../support/servers.js';

const MERCHANTS = 3;
/** Figures that differ between the counters and a recount, in one snapshot. */
const DIFFERENCES = `
  with kept as (
    select merchant_id, status, notification_type, sum(count) as n from notification_counters
     group by 1, 2, 3 having sum(count) <> 0),
  counted as (select merchant_id, status, notification_type, count(*) as n from notifications group by 1, 2, 3)
  select * from kept full join counted using (merchant_id, status, notification_type) where kept.n is distinct from counted.n`;

const ASK = `
  insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context, requested_fields,
                             answered_fields, answer_schema, allow_multiple_answers)
  select gen_random_uuid(), c.merchant_id, c.id, t.name, '{}', '{}', '{}', '{}', true
    from generate_series(1, $1) n, notification_types t, conversations c where c.id % ${MERCHANTS} = $2`;
const ANSWER = `
  update notifications set status = 'answered', answer = '{}', answer_id = gen_random_uuid()
   where id in (select id from notifications where status = 'requested' order by random() limit 1)`;
const DELETE = 'delete from notifications where id in (select id from notifications order by random() limit 1)';

let database: FreshDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.url, max: 8 });
  await pool.query(
    `insert into conversations (id, merchant_id, updated_at) select n, n % ${MERCHANTS}, now() from generate_series(1, 9) n`,
  );
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const differences = async () => (await pool.query(DIFFERENCES)).rows;
const total = async () => (await pool.query('select sum(count)::int as n from notification_counters')).rows[0].n;

/** Writes as workers and retention do, until it is told to stop. */
async function write(seat: number, isOver: () => boolean): Promise<void> {
  for (let round = 0; !isOver(); round++) {
    await pool.query(ASK, [2, (seat + round) % MERCHANTS]);
    await pool.query(ANSWER);
    await pool.query(DELETE);
  }
}

it('agree with a recount while many write, and after all is gone', async () => {
  const until = Date.now() + 2000;
  await Promise.all([0, 1, 2, 3].map((seat) => write(seat, () => Date.now() > until)));
  expect(await total()).toBeGreaterThan(0);
  expect(await differences()).toEqual([]);
  // Erasing a conversation takes its questions along.
  await pool.query('delete from conversations');
  expect([await differences(), await total()]).toEqual([[], 0]);
});

it('count nothing of what is rolled back, nor of a change of something else', async () => {
  await pool.query(ASK, [1, 0]);
  const rows = async () => (await pool.query('select * from notification_counters order by 1, 2, 3, 4')).rows;
  const before = await rows();
  await pool.query(`begin; delete from notifications; rollback`);
  await pool.query(`update notifications set context = '{"question": "?"}'`);
  expect(await rows()).toEqual(before);
});

it('a trigger that is missing is found', async () => {
  await pool.query('drop trigger notifications_delete_counted on notifications');
  await pool.query(ASK, [1, 0]);
  await pool.query(DELETE);
  expect(await differences()).toHaveLength(1);
});

describe('the migration that begins to count', () => {
  const back = async () => {
    const dataSource = await createDataSource(database.url).initialize();
    const stands = () => dataSource.query(`select from migrations where name = 'CountNotifications1764000124100'`);
    while ((await stands()).length > 0) await dataSource.undoLastMigration({ transaction: 'each' });
    await dataSource.destroy();
  };

  it('misses nothing and doubles nothing of what is written meanwhile', async () => {
    await back();
    await pool.query(ASK, [20_000, 0]);
    let over = false;
    const writers = [0, 1, 2, 3].map((seat) => write(seat, () => over));
    await sleep(200);
    await migrate(database.url);
    over = true;
    await Promise.all(writers);
    expect(await total()).toBeGreaterThan(100_000);
    expect(await differences()).toEqual([]);
  });

  it('begins anew after it was interrupted', async () => {
    await pool.query(ASK, [10, 0]);
    await pool.query(`delete from migrations where name = 'CountNotifications1764000124100'`);
    await migrate(database.url);
    expect(await differences()).toEqual([]);
    expect(await total()).toBeGreaterThan(0);
  });
});
