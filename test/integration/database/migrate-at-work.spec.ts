import { setTimeout as sleep } from 'node:timers/promises';
import { createDataSource, migrate } from '@herald/database';
import { Client } from 'pg';
import { eventually } from '../../support/eventually.js';
import { freshDatabase, type FreshDatabase } from '../../support/servers.js';

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

/** The schema before a migration and all later ones. */
async function goBackBefore(migration: string): Promise<void> {
  const dataSource = await createDataSource(database.url).initialize();
  const stands = async () => (await dataSource.query('select from migrations where name = $1', [migration])).length > 0;
  while (await stands()) await dataSource.undoLastMigration({ transaction: 'each' });
  await dataSource.destroy();
}

async function connected(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return client;
}

const READING_MS = 9_000;

it('gives up a lock that it does not get, so that a long reader holds up nobody but the migration', async () => {
  await goBackBefore('LetWorkersRemoveWhatIsOld1764000080000');
  const [reader, worker] = [await connected(), await connected()];
  await reader.query('begin; select from feed_messages');
  let migrated = false;
  const migration = migrate(database.url).then(() => (migrated = true));
  const until = Date.now() + READING_MS;
  let longestMs = 0;
  while (Date.now() < until) {
    const begun = Date.now();
    await worker.query(`update feed_messages set status = 'read' where id = gen_random_uuid()`);
    longestMs = Math.max(longestMs, Date.now() - begun);
    await sleep(20);
  }
  expect(migrated).toBe(false);
  await reader.query('commit');
  await migration;
  // The migration did wait, and the worker behind it, but not for as long as the reader read.
  expect(longestMs).toBeGreaterThan(500);
  expect(longestMs).toBeLessThan(READING_MS - 2_000);
  const { rows } = await worker.query(
    `select from pg_index where indexrelid = 'feed_messages_age'::regclass and indisvalid`,
  );
  expect(rows).toHaveLength(1);
  await Promise.all([reader.end(), worker.end()]);
});

it('builds an index once, however long a backup reads, while others write', async () => {
  await goBackBefore('MergePagesOfActions1764000100000');
  const [backup, worker] = [await connected(), await connected()];
  await backup.query('begin isolation level repeatable read; select from companies');
  const migration = migrate(database.url);
  const built = async () => {
    const index = `select oid::int from pg_class where relname = 'agent_actions_state'`;
    return (await worker.query<{ oid: number }>(index)).rows[0]?.oid;
  };
  const first = await eventually(built);
  await sleep(READING_MS / 2);
  expect(await built()).toBe(first);
  await worker.query(`update agent_actions set title = '' where id = gen_random_uuid()`);
  await backup.query('commit');
  await migration;
  expect(await built()).toBe(first);
  await Promise.all([backup.end(), worker.end()]);
});
