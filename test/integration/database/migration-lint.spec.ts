import { createDataSource } from '@herald/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { faultsOf } from './migration-lint.js';

const migrationOf = (sql: string, transaction?: boolean): MigrationInterface => ({
  ...(transaction === undefined ? {} : { transaction }),
  up: (runner: QueryRunner) => runner.query(sql),
  down: () => Promise.resolve(),
});

type Made = new () => MigrationInterface;
const migrations = createDataSource('postgres://nobody@127.0.0.1/none').options.migrations as Made[];

it.each(migrations.map((made) => [made.name, made] as const))('%s holds up nobody', async (_, Made) => {
  expect(await faultsOf(new Made())).toEqual([]);
});

it.each([
  ['create index x on outbox (job)', /concurrently/],
  ['create index concurrently x on outbox (job)', /transaction = false/],
  ['drop index outbox_published', /concurrently/],
  ['alter table outbox add column x uuid default gen_random_uuid()', /rewrites/],
  ['alter table outbox add column x text not null', /needs a default/],
  ['alter table outbox add column x text check (x > 0::text)', /under a lock/],
  ['alter table outbox alter column job set not null', /not valid/],
  ['alter table outbox alter column lane type bigint', /rewritten/],
  ['alter table outbox drop column lane', /running version/],
  ['alter table outbox rename column lane to track', /running version|still runs/],
  [`alter table outbox add constraint x check (lane > 0)`, /not valid/],
  ['alter table outbox add constraint x unique (job)', /concurrently/],
  [`update outbox set lane = 2`, /batches/],
  ['delete from feed_messages', /batches/],
  ['drop table requests', /running version/],
  ['do $$ begin update outbox set lane = 2; end $$', /hides/],
  ['lock table outbox', /on purpose/],
  ['create table x (id int); create index y on outbox (job)', /outbox: .*concurrently/],
])('finds the fault of: %s', async (sql, fault) => {
  expect(await faultsOf(migrationOf(sql))).toEqual([expect.stringMatching(fault)]);
});

it.each([
  ['create index concurrently x on outbox (job)', false],
  ['drop index concurrently outbox_published', false],
  [`alter table outbox add column x text not null default 'y'`, undefined],
  [`alter table outbox add constraint x check (lane > 0) not valid`, undefined],
  ['create table x (id int not null); create index y on x (id); alter table x alter column id type bigint', undefined],
])('lets pass: %s', async (sql, transaction) => {
  expect(await faultsOf(migrationOf(sql, transaction))).toEqual([]);
});
