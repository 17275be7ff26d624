import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prefixOf } from '@herald/queue';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { startPostgres } from '../../../apps/local/src/servers/postgres.js';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import type { Server } from '../../../apps/local/src/servers/server.js';
import { Folder } from '../../suites/faults/servers.js';
import { Actions, counterDifferences } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';

const SERVICES = ['gateway', 'delivery', 'agent-actions'] as const;

let folder: Folder;
let postgres: Server;
let redis: Server;
let herald: Herald;
beforeAll(async () => {
  folder = await Folder.make();
  postgres = await startPostgres({ dataDir: join(folder.path, 'postgres') });
  redis = await startRedis({ dataDir: join(folder.path, 'redis') });
  herald = await Herald.start({ services: [...SERVICES], postgresUrl: postgres.url, redisUrl: redis.url });
}, 120_000);
afterAll(async () => {
  await herald?.stop();
  await redis?.stop();
  await postgres?.stop();
  await folder?.remove();
});

const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

async function send(count: number, key?: string): Promise<string[]> {
  const token = herald.token('unlimitedAccessToken');
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const headers = key ? { 'Idempotency-Key': `${key}-${n}` } : undefined;
    const { status, body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage(), headers });
    expect(status).toBe(202);
    ids.push(body.correlationId as string);
  }
  return ids;
}

/** Those that are in the feed, of these. */
async function deliveredOf(ids: string[]): Promise<string[]> {
  const rows = await herald.query<{ id: string }>('select id from feed_messages where id = any($1)', [ids]);
  return rows.map(({ id }) => id);
}
const delivered = (ids: string[]) =>
  eventually(async () => (await deliveredOf(ids)).length === ids.length, 60_000).then(() => undefined);
const settled = () => eventually(async () => (await herald.query('select from outbox')).length === 0, 60_000);
const feed = async () =>
  (await herald.query<{ id: string }>('select id from feed_messages')).map(({ id }) => id).sort();

async function stopServices(): Promise<void> {
  for (const name of SERVICES) await herald.service(name).stop();
}
async function startServices(): Promise<void> {
  for (const name of SERVICES) await herald.startService(name);
}

const queueOf = (connection: Redis) =>
  new Queue('delivery', { connection, prefix: prefixOf('delivery', herald.namespace) });
const directJobs = (count: number) =>
  Array.from({ length: count }, () => ({
    name: 'deliver',
    data: { correlationId: randomUUID(), companyId: herald.company.id, body: aMessage() },
  }));
async function put(jobs: ReturnType<typeof directJobs>): Promise<void> {
  const connection = new Redis(herald.redisUrl, { maxRetriesPerRequest: null });
  const queue = queueOf(connection);
  await queue.addBulk(jobs);
  await queue.close();
  connection.disconnect();
}

describe('a Postgres restored from a backup that is older than Redis', () => {
  /** Backs up like pg_basebackup, while services write: the files, and the log of the time while they were copied. */
  async function backUp(): Promise<void> {
    const cluster = join(postgres.folder, 'cluster');
    const saved = join(folder.path, 'saved');
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(`select pg_backup_start('runbook', true)`);
    await copy(cluster, saved);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await client.end();
    await rm(join(saved, 'pg_wal'), { recursive: true });
    await copy(join(cluster, 'pg_wal'), join(saved, 'pg_wal'));
    await rm(join(saved, 'postmaster.pid'), { force: true });
    await writeFile(join(saved, 'backup_label'), rows[0]?.labelfile as string);
    // The account that Postgres runs as must be able to set it aside.
    await promisify(execFile)('chown', ['--reference', cluster, join(saved, 'backup_label')]);
  }

  async function restore(): Promise<void> {
    const { port } = postgres;
    await postgres.stop();
    const cluster = join(postgres.folder, 'cluster');
    await rm(cluster, { recursive: true });
    await copy(join(folder.path, 'saved'), cluster);
    postgres = await startPostgres({ dataDir: join(folder.path, 'postgres'), port });
  }

  it('delivers what the backup owed once more, doubles nothing, and has forgotten what came later', async () => {
    const actions = new Actions(herald);
    const early = await send(20);
    await delivered(early);
    const recorded = [(await actions.record()).id, (await actions.record()).id];
    const others = (await feed()).filter((id) => !early.includes(id));

    await herald.service('delivery').stop();
    const owed = await send(20);
    await backUp();

    await herald.startService('delivery');
    await delivered(owed);
    const late = await send(20, 'order');
    await delivered(late);
    await actions.record();

    await stopServices();
    await restore();
    await startServices();
    await settled();
    expect(await feed()).toEqual([...others, ...early, ...owed].sort());
    expect(await deliveredOf(late)).toEqual([]);
    expect(await herald.query('select error from dead_letters')).toEqual([]);
    const kept = await herald.query<{ id: string }>('select id from agent_actions where id = any($1)', [recorded]);
    expect(kept).toHaveLength(2);
    expect(await counterDifferences(herald.databaseUrl)).toEqual([]);

    // A client that kept its keys sends again what it is not sure of: the ids are the same.
    expect(await send(20, 'order')).toEqual(late);
    await delivered(late);
    expect(await feed()).toEqual([...others, ...early, ...owed, ...late].sort());
  }, 240_000);
});

describe('a Redis that lost what it held, or was set back', () => {
  async function restartRedis(meanwhile: (log: string) => Promise<unknown>): Promise<void> {
    const { port } = redis;
    await redis.stop();
    await meanwhile(join(redis.folder, 'appendonlydir'));
    redis = await startRedis({ dataDir: join(folder.path, 'redis'), port });
  }

  it('is filled again with what the gateway accepted; jobs of services are lost, and may be put again', async () => {
    await herald.service('delivery').stop();
    const owed = await send(20);
    const direct = directJobs(3);
    const lost = direct.map(({ data }) => data.correlationId);
    await put(direct);
    const before = await feed();
    await restartRedis((log) => rm(log, { recursive: true }));
    await herald.startService('delivery');
    await delivered(owed);
    await settled();
    expect(await feed()).toEqual([...before, ...owed].sort());
    await put(direct);
    await delivered(lost);
    expect(await feed()).toEqual([...before, ...owed, ...lost].sort());
  }, 120_000);

  it('runs its old jobs again, and nothing is doubled', async () => {
    await herald.service('delivery').stop();
    const owed = await send(20);
    const direct = directJobs(3);
    const put3 = direct.map(({ data }) => data.correlationId);
    await put(direct);
    const before = await feed();
    const saved = join(folder.path, 'saved-redis');
    await restartRedis((log) => copy(log, saved));
    await herald.startService('delivery');
    await delivered([...owed, ...put3]);
    const done = [...before, ...owed, ...put3].sort();
    expect(await feed()).toEqual(done);

    await restartRedis(async (log) => {
      await rm(log, { recursive: true });
      await copy(saved, log);
    });
    const later = await send(5);
    await delivered(later);
    const connection = new Redis(herald.redisUrl, { maxRetriesPerRequest: null });
    const queue = queueOf(connection);
    await eventually(
      async () => (await queue.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized')) === 0,
      60_000,
    );
    await queue.close();
    connection.disconnect();
    expect(await feed()).toEqual([...done, ...later].sort());
    expect(await herald.query('select error from dead_letters')).toEqual([]);
  }, 120_000);
});

describe('a role whose password was changed', () => {
  it('is let in again after a restart with the new one; until then all is kept, and no attempt counts', async () => {
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    await admin.query(`alter role herald_delivery password 'the-new-one'`);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'herald_delivery'`);
    await admin.end();
    const owed = await send(5);
    const direct = directJobs(3);
    await put(direct);
    const old = herald.service('delivery');
    await eventually(() => old.log.includes('the database is away'), 60_000);
    const ids = [...owed, ...direct.map(({ data }) => data.correlationId)];
    expect(await deliveredOf(ids)).toEqual([]);

    await old.stop();
    const url = new URL(herald.urlFor('herald_delivery'));
    url.password = 'the-new-one';
    await herald.startService('delivery', { env: { DATABASE_URL: url.href } });
    await delivered(ids);
    const rows = await herald.query('select from dead_letters');
    expect(rows).toEqual([]);
  }, 120_000);
});
