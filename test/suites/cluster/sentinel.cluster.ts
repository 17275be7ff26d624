import { Folder } from '../faults/servers.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant } from '../../support/merchant.js';
import { WatchedRedis } from './sentinel.js';

const NOTICED_MS = 30_000;

let folder: Folder;
let redis: WatchedRedis;
let herald: Herald;
let merchant: Merchant;
beforeAll(async () => {
  folder = await Folder.make();
  redis = await WatchedRedis.start(folder.path);
  herald = await Herald.start({ services: ['gateway', 'delivery', 'merchant-answers'], redisUrl: redis.url() });
  merchant = new Merchant(herald);
});
afterAll(async () => {
  await herald?.stop();
  await redis?.stop();
  await folder.remove();
});

/** Sends all the while, and gives the ids of what was accepted, which has to be everything. */
async function sendWhile(work: () => Promise<void>): Promise<string[]> {
  const token = herald.token('unlimitedAccessToken');
  const ids: string[] = [];
  let over = false;
  const sending = (async () => {
    while (!over) {
      const { status, body } = await call('POST', `${herald.url}/v1/feed/ai`, { token, body: aMessage() });
      expect(status).toBe(202);
      ids.push(body.correlationId);
    }
  })();
  await work();
  over = true;
  await sending;
  return ids;
}

async function expectDeliveredOnce(ids: string[]): Promise<void> {
  await eventually(async () => (await herald.query('select id from outbox')).length === 0, NOTICED_MS);
  const rows = await herald.query('select id from feed_messages where id = any($1::uuid[])', [ids]);
  expect(rows).toHaveLength(ids.length);
}

const answersAgain = () => eventually(async () => (await merchant.request()).status === 200, NOTICED_MS);

it('finds the master by its sentinel, and follows when another becomes master: nothing is lost or doubled', async () => {
  const first = await redis.master();
  const ids = await sendWhile(async () => {
    await answersAgain();
    await first.kill();
    await eventually(async () => (await redis.master()) !== first, NOTICED_MS);
    await answersAgain();
  });
  expect(ids.length).toBeGreaterThan(10);
  await expectDeliveredOnce(ids);
  await first.startAgain();
  await eventually(() => redis.isWhole(), NOTICED_MS);
});

it('leaves a master that handed over and still lives', async () => {
  const first = await redis.master();
  const ids = await sendWhile(async () => {
    await redis.handOver();
    await eventually(async () => (await redis.master()) !== first, NOTICED_MS);
    await answersAgain();
  });
  await expectDeliveredOnce(ids);
});

it.each([
  ['a master that the sentinel does not know', { master: 'nobody' }, /invalid reply: null|No such master/],
  ['a wrong password for the sentinel', { sentinelPassword: 'wrong' }, /WRONGPASS/],
])('is not ready with %s, says why, and ends in time', async (_, wrong, reason) => {
  const env = { REDIS_URL: redis.url(wrong) };
  for (const name of ['gateway', 'delivery'] as const) {
    const service = await herald.startService(name, { env }, 'astray');
    const { status, body } = await call('GET', `${service.url}/health/ready`);
    expect([status, body.dependencies.redis]).toEqual([503, 'away']);
    await eventually(() => reason.test(service.log));
    expect(await service.stop()).toBe(0);
  }
});
