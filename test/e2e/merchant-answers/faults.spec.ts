import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { Merchant, Producer } from '../../support/merchant.js';

type Servers = typeof import('../../../apps/local/src/servers/redis.js');
const { startRedis } = jest.requireActual<Servers>('../../../dist/apps/local/src/servers/redis.js');

/** The contract's time for a command, and what a busy machine may add. */
const DEADLINE_MS = 5000 + 1500;

let herald: Herald;
let merchant: Merchant;
let folder: string;
let redis: Awaited<ReturnType<typeof startRedis>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-redis-'));
  redis = await startRedis({ dataDir: folder });
  herald = await Herald.start({
    services: ['gateway', 'merchant-answers'],
    env: { MERCHANT_ANSWERED_EVENTS: 'on' },
    redisUrl: redis.url,
  });
  merchant = new Merchant(herald);
});
afterAll(async () => {
  await herald.stop();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const aKey = () => ({ 'idempotency-key': randomUUID() });

async function timed<T>(work: () => Promise<T>): Promise<{ answer: T; tookMs: number }> {
  const start = performance.now();
  return { answer: await work(), tookMs: performance.now() - start };
}

const expectTimeout = ({ answer, tookMs }: { answer: Awaited<ReturnType<Merchant['answer']>>; tookMs: number }) => {
  expect(answer).toMatchObject({ status: 504, body: { error: 'GatewayTimeout', detail: expect.any(String) } });
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(tookMs).toBeLessThan(DEADLINE_MS);
};

const answerOf = async (id: number) =>
  (await herald.query<{ answer: unknown }>('select answer from notifications where id = $1', [id]))[0]?.answer;
const eventsOf = (id: number) =>
  herald.query(`select id from outbox where (body #>> '{notification,id}')::int = $1`, [id]);

describe('a worker that is stopped', () => {
  it('costs its callers 504 within the deadline, and a retry with the key neither doubles nor loses', async () => {
    const id = await merchant.open();
    const [answerKey, requestKey, deleteKey] = [aKey(), aKey(), aKey()];
    const doomed = await merchant.open();
    const body = merchant.aRequest();
    await herald.service('merchant-answers').stop();
    const commands = [
      () => merchant.answer(id, { answer: 'Yes' }, answerKey),
      () => merchant.request(body, requestKey),
      () => merchant.delete(doomed, deleteKey),
    ];
    for (const each of await Promise.all(commands.map((command) => timed(command)))) expectTimeout(each);
    expect((await merchant.list('?status=requested')).body[0]).toMatchObject({ id: doomed });

    await herald.startService('merchant-answers');
    for (const command of commands) expect((await command()).status).toBe(200);
    for (const command of commands) {
      const again = await command();
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    }
    expect(await answerOf(id)).toEqual({ answer: 'Yes' });
    expect(await eventsOf(id)).toHaveLength(1);
    expect(await herald.query('select id from notifications where context @> $1', [body.context])).toHaveLength(1);
  });

  it('skips what is past its deadline when it is back: nobody would hear of it', async () => {
    const id = await merchant.open();
    await herald.service('merchant-answers').stop();
    expectTimeout(await timed(() => merchant.answer(id)));
    await herald.startService('merchant-answers');
    const producer = new Producer(herald, 'merchant-answers');
    await eventually(async () => (await producer.queue.getJobCountByTypes('wait', 'active')) === 0);
    await producer.close();
    expect(await answerOf(id)).toBeNull();
    expect((await merchant.answer(id)).status).toBe(200);
  });

  it('frozen in the middle of an answer, has answered it once when it goes on', async () => {
    const id = await merchant.open();
    const key = aKey();
    const lock = await herald.pool.connect();
    await lock.query('begin; select from notifications where id = $1 for update'.replace('$1', String(id)));
    const waiting = timed(() => merchant.answer(id, { answer: 'Yes' }, key));
    await eventually(async () => {
      const [blocked] = await herald.query(
        `select pid from pg_stat_activity where application_name = 'herald-merchant-answers' and wait_event_type = 'Lock'
            and datname = current_database()`,
      );
      return blocked;
    });
    herald.service('merchant-answers').signal('SIGSTOP');
    await lock.query('rollback');
    lock.release();
    expectTimeout(await waiting);
    herald.service('merchant-answers').signal('SIGCONT');
    const again = await merchant.answer(id, { answer: 'Yes' }, key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(await eventsOf(id)).toHaveLength(1);
  });
});

describe('a Redis that is away', () => {
  it('is 503 at once for commands, while the list is read as ever; and all is well when it is back', async () => {
    const id = await merchant.open();
    redis.kill();
    await redis.exited;
    for (const command of [() => merchant.answer(id), () => merchant.request(), () => merchant.delete(id)]) {
      const { answer, tookMs } = await timed(command);
      expect(answer).toMatchObject({ status: 503, body: { error: 'ServiceUnavailable', detail: expect.any(String) } });
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(tookMs).toBeLessThan(1500);
    }
    expect((await merchant.list()).body[0]).toMatchObject({ id, status: 'requested' });
    redis = await startRedis({ dataDir: folder, port: redis.port });
    await eventually(async () => (await merchant.answer(id)).status === 200);
    expect(await eventsOf(id)).toHaveLength(1);
  });
});
