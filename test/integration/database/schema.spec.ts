import { createDataSource } from '@herald/database';
import type { DataSource } from 'typeorm';
import { emptyDatabase, type FreshDatabase } from '../../support/servers.js';

let database: FreshDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await emptyDatabase();
  dataSource = await createDataSource(database.url).initialize();
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

const tables = async () =>
  (await dataSource.query(
    `select table_name, table_type from information_schema.tables
      where table_schema = 'public' and table_name <> 'migrations' order by 1`,
  )) as { table_name: string }[];

const differences = async () => {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
};

it('goes up, down and up again', async () => {
  const migrations = await dataSource.runMigrations({ transaction: 'each' });
  const up = await tables();
  expect(up.map(({ table_name }) => table_name)).toEqual(
    expect.arrayContaining(['companies', 'credentials', 'dead_letters', 'feed_messages', 'message_places', 'outbox']),
  );
  for (const _ of migrations) await dataSource.undoLastMigration({ transaction: 'each' });
  expect(await tables()).toEqual([]);
  await dataSource.runMigrations({ transaction: 'each' });
  expect(await tables()).toEqual(up);
});

it('is what the entities say, and a column that no entity has is noticed', async () => {
  await dataSource.runMigrations({ transaction: 'each' });
  expect(await differences()).toEqual([]);
  await dataSource.query('alter table feed_messages add column stray text');
  expect(await differences()).toEqual([expect.stringContaining('"stray"')]);
});
