import { Database, isOutage } from '@herald/database';
import { Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '../../support/servers.js';

let fresh: FreshDatabase;
let admin: Pool;
let database: Database;
beforeEach(async () => {
  fresh = await freshDatabase();
  admin = new Pool({ connectionString: fresh.url, max: 1 });
  database = new Database({ url: fresh.url, applicationName: 'test-connections', poolSize: 2 });
});
afterEach(async () => {
  await database.close();
  await admin.end();
  await fresh.drop();
});

it('a connection that breaks between two statements is an outage of its transaction, and of nothing else', async () => {
  const broken = database.transaction(async (tx) => {
    const [{ pid } = { pid: 0 }] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await admin.query('select pg_terminate_backend($1)', [pid]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await tx.query('select 1');
  });
  expect(isOutage(await broken.catch((error: unknown) => error))).toBe(true);
  expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
});

it('a ping is answered although every connection is in use', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const users = [1, 2].map(() => database.transaction(() => held));
  await expect(database.ping()).resolves.toBeUndefined();
  release();
  await Promise.all(users);
});

it('a process that froze inside a transaction loses it, and its locks', async () => {
  const [{ limit } = { limit: '' }] = await database.query<{ limit: string }>(
    `select setting as limit from pg_settings where name = 'idle_in_transaction_session_timeout'`,
  );
  expect(Number(limit)).toBe(10_000);
});
