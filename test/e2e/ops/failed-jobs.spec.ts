import { randomUUID } from 'node:crypto';
import { prefixOf } from '@herald/queue';
import { Queue } from 'bullmq';
import { aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Ops } from '../../support/ops.js';
import { redisAt } from '../../support/redis.js';

let herald: Herald;
let admin: Ops;
let redis: ReturnType<typeof redisAt>;
let queue: Queue;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'ops'] });
  admin = new Ops(herald, 'ada');
  redis = redisAt(herald.redisUrl);
  queue = new Queue('delivery', { connection: redis, prefix: prefixOf('delivery', herald.namespace) });
});
afterAll(async () => {
  await queue?.close();
  redis?.disconnect();
  await herald?.stop();
});

const letterOf = (correlationId: string) =>
  eventually(async () => {
    const [letter] = await herald.query<{ id: string }>('select id from dead_letters where correlation_id = $1', [
      correlationId,
    ]);
    return letter?.id;
  });
const placesOf = async (correlationId: string) =>
  (await herald.query('select state from message_places where correlation_id = $1', [correlationId])).map(
    ({ state }) => state,
  );
const isIdle = () => eventually(async () => (await queue.getJobCountByTypes('wait', 'active', 'delayed')) === 0);
const noneFailed = () => eventually(async () => (await queue.getFailedCount()) === 0);

const refuse = () =>
  herald.query(`alter table feed_messages add constraint refused check (title <> 'refused') not valid`);
const mend = () => herald.query('alter table feed_messages drop constraint refused');

/** A direct job that failed, with its dead letter, for a cause that is mended since. */
async function aFailedJob() {
  await refuse();
  const correlationId = randomUUID();
  const job = await queue.add('deliver', {
    correlationId,
    companyId: herald.company.id,
    body: aMessage({ title: 'refused' }),
  });
  const letter = await letterOf(correlationId);
  await eventually(() => job.isFailed());
  await mend();
  return { correlationId, job, letter };
}

const DECISIONS: [string, (letter: string) => Promise<unknown>, string[]][] = [
  ['dropped', (id) => admin.post('/dead-letters/drop', [['id', id]]), []],
  ['replayed', (id) => admin.post('/dead-letters/replay', [['id', id]]), ['delivered']],
  ['erased', (id) => herald.query('delete from dead_letters where id = $1', [id]), []],
];

describe('a failed job whose dead letter was', () => {
  it.each(DECISIONS)('%s leaves Redis too', async (_, decide, ends) => {
    const { correlationId, job, letter } = await aFailedJob();
    await decide(letter);
    await noneFailed();
    expect(await redis.exists(queue.toKey(job.id as string))).toBe(0);
    await queue.retryJobs({ state: 'failed' });
    await isIdle();
    await eventually(async () => (await placesOf(correlationId)).join() === ends.join());
  });

  it.each(DECISIONS)('%s while no worker was there does nothing when it is retried', async (_, decide, ends) => {
    const { correlationId, job, letter } = await aFailedJob();
    await herald.service('delivery').stop();
    await decide(letter);
    await job.retry();
    await herald.startService('delivery');
    await isIdle();
    await eventually(async () => (await placesOf(correlationId)).join() === ends.join());
    expect(await redis.exists(queue.toKey(job.id as string))).toBe(0);
  });
});

it('a failed job over whose dead letter nobody decided can be retried, and takes the letter along', async () => {
  const { correlationId, job } = await aFailedJob();
  await job.retry();
  await eventually(async () => (await placesOf(correlationId)).join() === 'delivered');
  await noneFailed();
  expect(await herald.query('select from dead_letters')).toEqual([]);
});
