import type { Redis } from 'ioredis';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import type { Server } from '../../../apps/local/src/servers/server.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Producer } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import { redisAt } from '../../support/redis.js';
import { Folder } from '../../suites/faults/servers.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** BullMQ's events and the jobs' ids; a tenth of what one queue may keep of failed jobs. */
const A_FEW = 6 * MIB;
const QUEUES = ['delivery', 'agent-actions', 'merchant-answers'] as const;

let folder: Folder;
let server: Server;
let herald: Herald;
let redis: Redis;
beforeAll(async () => {
  folder = await Folder.make();
  // Memory is looked at, so the server must be ours alone. Its disk is not.
  server = await startRedis({ dataDir: folder.path, settings: { appendonly: 'no' } });
  herald = await Herald.start({ services: [...QUEUES], redisUrl: server.url });
  redis = redisAt(server.url) as Redis;
}, 120_000);
afterAll(async () => {
  redis?.disconnect();
  await herald?.stop();
  await server?.stop();
  await folder?.remove();
});

const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
const letters = async () =>
  (await herald.query<{ count: number }>('select count(*)::int from dead_letters'))[0]?.count as number;

/** Puts jobs on a queue and waits for their dead letters. A few at a time, as producers do. */
async function fail(queue: string, count: number, data: object, options = {}): Promise<void> {
  const producer = new Producer(herald, queue);
  for (let left = count; left > 0; left -= 50) {
    const before = await letters();
    const now = Math.min(50, left);
    await producer.queue.addBulk(
      Array.from({ length: now }, () => ({ name: 'deliver', data, opts: { stackTraceLimit: 1, ...options } })),
    );
    await eventually(async () => (await letters()) === before + now, 60_000);
  }
  await producer.close();
}

const ended = (queue: string) =>
  eventually(async () => {
    const producer = new Producer(herald, queue);
    const { active, waiting, delayed } = (await producer.queue.getJobCounts()) as Record<string, number>;
    await producer.close();
    return active === 0 && waiting === 0 && delayed === 0;
  }, 60_000);

const broken = (length: number) => ({ broken: 'x'.repeat(length) });

it('are gone from memory when they are long, and stay as dead letters: 2,000 of 400 KiB', async () => {
  await fail('delivery', 50, broken(400 * KIB));
  await ended('delivery');
  const before = await usedMemory();
  await fail('delivery', 2000, broken(400 * KIB));
  await ended('delivery');
  expect(await eventually(async () => (await usedMemory()) < before + A_FEW)).toBe(true);
  const [kept] = await herald.query<{ count: number }>(
    `select count(*)::int from dead_letters where queue = 'delivery' and length(content) > $1`,
    [400 * KIB],
  );
  expect(kept?.count).toBe(2050);
}, 300_000);

it.each(QUEUES)('stay for Bull Board when they are short, on the queue %s', async (queue) => {
  const producer = new Producer(herald, queue);
  const before = await producer.queue.getFailedCount();
  await fail(queue, 3, broken(1000));
  expect(await eventually(async () => (await producer.queue.getFailedCount()) === before + 3)).toBe(true);
  await producer.close();
});

it.each([
  ['a field that no job has', { extra: 'x'.repeat(100 * KIB) }, {}],
  ['logs', {}, { logs: 'x'.repeat(100 * KIB) }],
])('are gone also when they are long by %s', async (_, fields: Record<string, string>, { logs }: { logs?: string }) => {
  const producer = new Producer(herald, 'delivery');
  await producer.queue.pause();
  const job = await producer.queue.add('deliver', broken(10));
  const key = producer.queue.toKey(job.id as string);
  for (const [field, value] of Object.entries(fields)) await redis.hset(key, field, value);
  if (logs) await producer.queue.addJobLog(job.id as string, logs);
  const before = await letters();
  await producer.queue.resume();
  await eventually(async () => (await letters()) === before + 1);
  expect(await eventually(async () => (await redis.exists(key, `${key}:logs`)) === 0)).toBe(true);
  await producer.close();
});

it('are not kept longer because their producer says so', async () => {
  const producer = new Producer(herald, 'delivery');
  // BullMQ keeps what is failed by the options of the job that fails last.
  await fail('delivery', 1, broken(10), { removeOnFail: false });
  const [newest] = await producer.queue.getFailed(0, 0);
  await redis.zadd(producer.queue.toKey('failed'), Date.now() - 8 * 24 * 3600_000, newest?.id as string);
  await fail('delivery', 1, broken(10), { removeOnFail: false });
  const key = producer.queue.toKey(newest?.id as string);
  expect(await eventually(async () => (await redis.exists(key)) === 0)).toBe(true);
  await producer.close();
});

it('are noticed when a broken worker keeps the long ones', async () => {
  await herald.service('delivery').stop();
  await herald.startService('delivery', { preload: brokenBuild('workers/keep-long-failures') });
  const before = await usedMemory();
  await fail('delivery', 100, broken(400 * KIB));
  await ended('delivery');
  expect(await usedMemory()).toBeGreaterThan(before + A_FEW);
});
