import { Queue } from 'bullmq';
import fc from 'fast-check';
import { prefixOf } from '@herald/queue';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { redisAt } from '../../support/redis.js';
import { aGoodJob, type GoodJob, type OddJob, QUEUES, SHAPES } from './hashes.js';

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
  redis = redisAt(herald.redisUrl);
});
afterAll(async () => {
  redis?.disconnect();
  await herald?.stop();
});

/** Those that do not always exist, so that a job can take them. */
const OWN_KEYS = 'active wait waiting-children paused delayed prioritized stalled repeat limiter pc marker de'.split(
  ' ',
);

type QueueName = (typeof QUEUES)[number];

const keyOf = (queue: QueueName, name: string | Buffer) =>
  Buffer.concat([Buffer.from(`${prefixOf(queue, herald.namespace)}:${queue}:`), Buffer.from(name)]);

/** Puts a job on a queue as somebody does who has no BullMQ. */
async function put(queue: QueueName, good: GoodJob, { id = good.id, hash, key, place }: OddJob): Promise<void> {
  const job = keyOf(queue, id);
  if (hash && Object.keys(hash).length > 0) await redis.hset(job, ...Object.entries(hash).flat());
  if (key) {
    const [command, ...args] = key(good);
    await redis.call(command, job, ...args);
  }
  if (place === 'delayed') await redis.zadd(keyOf(queue, place), (Date.now() + 300) * 0x1000, id);
  else if (place === 'prioritized') await redis.zadd(keyOf(queue, place), 1, id);
  else await redis.lpush(keyOf(queue, place ?? 'wait'), id);
  await redis.zadd(keyOf(queue, 'marker'), 0, '0');
}

const idsIn = async (queue: QueueName) => {
  const lists = ['wait', 'active', 'paused'].map((list) => redis.lrange(keyOf(queue, list), 0, -1));
  const sets = ['delayed', 'prioritized'].map((set) => redis.zrange(keyOf(queue, set), '0', '-1'));
  return (await Promise.all([...lists, ...sets])).flat();
};
/** Waits until the queue is empty: no job is waiting, active or delayed. */
const settled = (queue: QueueName) => eventually(async () => (await idsIn(queue)).length === 0, 60_000);
const letters = async () =>
  (await herald.query<{ count: number }>('select count(*)::int from dead_letters'))[0]?.count as number;

async function outcomeOf(good: GoodJob, lettersBefore: number): Promise<string> {
  const [effect] = await herald.query(`${good.effect} where id = $1`, [good.id]);
  const more = (await letters()) - lettersBefore;
  return [effect && 'effect', more > 0 && `${more === 1 ? '' : more}dead letter`].filter(Boolean).join() || 'nothing';
}

describe.each(QUEUES)('a job of the queue %s', (queue) => {
  it.each(SHAPES)('with %s ends as %s', async (_, ends, make) => {
    const before = await letters();
    const good = aGoodJob(herald, queue);
    await put(queue, good, make(good));
    await settled(queue);
    await eventually(async () => (await outcomeOf(good, before)) !== 'nothing');
    expect(await outcomeOf(good, before)).toBe(ends);
  });

  it("goes on when a producer's ids are those of the queue's own keys", async () => {
    const producer = new Queue(queue, { connection: redis, prefix: prefixOf(queue, herald.namespace) });
    producer.on('error', () => undefined);
    for (const jobId of OWN_KEYS) {
      // To BullMQ a key that exists is a job that is there already.
      if (await redis.exists(keyOf(queue, jobId))) continue;
      const before = await letters();
      const [odd, good] = [aGoodJob(herald, queue), aGoodJob(herald, queue)];
      const { name = '', data = '' } = odd.hash;
      // BullMQ's own script may fail halfway, and leave the job behind.
      await producer.add(name, JSON.parse(data), { jobId }).catch(() => undefined);
      // Until the job has a key of its own, every script of the queue fails.
      await eventually(async () => (await redis.type(keyOf(queue, jobId))) !== 'hash', 60_000);
      await put(queue, good, { hash: good.hash });
      await settled(queue);
      for (const job of [odd, good]) {
        expect(await eventually(async () => (await outcomeOf(job, before)) === 'effect')).toBe(true);
      }
    }
    await producer.close();
  });

  it('is run at once when another is mended at its side', async () => {
    const [other, good] = [aGoodJob(herald, queue), aGoodJob(herald, queue)];
    // The first cannot be addressed by text; the second can, though it looks like such a one.
    const id = 'an odd id \ufffd';
    await put(queue, other, { hash: other.hash, id: Buffer.from([250, 1]), place: 'active' });
    await put(queue, good, { hash: good.hash, id });
    await settled(queue);
    for (const job of [other, good]) await eventually(async () => (await outcomeOf(job, await letters())) === 'effect');
    // Left to its lock it would have stalled first.
    expect(await redis.hmget(keyOf(queue, id), 'ats', 'stc')).toEqual(['1', null]);
  });

  it('ends as an effect or a dead letter, whatever its hash is made of', async () => {
    const field = fc.constantFrom(
      ...'name data opts timestamp delay priority atm ats stc rjk deid parent parentKey progress defa x'.split(' '),
    );
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.integer().map(String), fc.double().map(String));
    const hashes = fc.sample(fc.dictionary(field, value), 100);
    const before = await letters();
    const goods = hashes.map(() => aGoodJob(herald, queue));
    for (const [seat, hash] of hashes.entries()) {
      const good = goods[seat] as GoodJob;
      await put(queue, good, { hash: { ...good.hash, ...hash } });
    }
    await settled(queue);
    const ids = goods.map(({ id }) => id);
    const effects = await herald.query(`${goods[0]?.effect} where id = any($1::uuid[])`, [ids]);
    expect(effects.length + (await letters()) - before).toBe(hashes.length);
  });
});
