import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { aMessage, call } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Herald, type StartOptions } from '../support/herald.js';

const preload = (name: string) => resolve(__dirname, `../support/preload/${name}.cjs`);

let herald: Herald;
const started: Herald[] = [];
const start = async (...args: Parameters<typeof Herald.start>) => {
  herald = await Herald.start(...args);
  started.push(herald);
  return herald;
};
afterEach(async () => {
  for (const each of started.splice(0)) await each.stop();
});

const send = async () => {
  const { status, body } = await call('POST', `${herald.url}/v1/feed/ai`, {
    token: herald.token('unlimitedAccessToken'),
    body: aMessage(),
  });
  expect(status).toBe(202);
  return body.correlationId as string;
};

const places = (id: string) =>
  herald.query<{ state: string; job_id: string | null; error: string | null }>(
    'select * from message_places where correlation_id = $1',
    [id],
  );
const isDelivered = async (id: string) => (await places(id))[0]?.state === 'delivered';

/** The job of an outbox row as Redis knows it: undefined when it does not. */
async function jobInRedis(id: string, state: string): Promise<boolean> {
  const redis = new Redis(herald.redisUrl);
  try {
    const [row] = await places(id);
    const prefix = `{${herald.namespace}:delivery}:delivery`;
    const waiting = await redis.lrange(`${prefix}:${state}`, 0, -1);
    return waiting.includes(row?.job_id ?? '');
  } finally {
    redis.disconnect();
  }
}

describe('a gateway killed between the commit and the publishing', () => {
  /** Kills the gateway that answered 202 and published nothing, and starts another. */
  async function killBetween(broken: StartOptions, next: StartOptions): Promise<string> {
    await start({ services: ['delivery'] });
    const gateway = await herald.startService('gateway', broken);
    const id = await send();
    expect(await jobInRedis(id, 'wait')).toBe(false);
    await gateway.kill();
    await herald.startService('gateway', next);
    return id;
  }

  it('loses nothing: the message arrives, once', async () => {
    const id = await killBetween({ preload: preload('hold-publishing') }, {});
    await eventually(() => isDelivered(id));
    expect(await places(id)).toHaveLength(1);
  });

  it('would lose the message if it answered before COMMIT', async () => {
    const id = await killBetween({ preload: preload('answer-before-commit') }, {});
    await expect(eventually(() => isDelivered(id), 4000)).rejects.toThrow('Not within');
    expect(await places(id)).toEqual([]);
  });

  it('would leave the message lying there without the sweeper', async () => {
    const id = await killBetween({ preload: preload('hold-publishing') }, { preload: preload('no-sweeper') });
    await expect(eventually(() => isDelivered(id), 4000)).rejects.toThrow('Not within');
    expect(await places(id)).toMatchObject([{ state: 'queued' }]);
  });
});

describe('a worker killed inside its transaction', () => {
  it('leaves the message to the next worker, which delivers it once', async () => {
    await start({ services: ['gateway', 'delivery'] });
    const lock = await herald.pool.connect();
    await lock.query('begin; lock table feed_messages in share row exclusive mode');
    const id = await send();
    const { pid } = await eventually(async () => {
      const [backend] = await herald.query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'herald-delivery' and wait_event_type = 'Lock'
            and datname = current_database() and query like '%insert into feed_messages%'`,
      );
      return backend;
    });
    await herald.service('delivery').kill();
    await herald.query('select pg_terminate_backend($1)', [pid]);
    await lock.query('rollback');
    lock.release();
    expect(await places(id)).toMatchObject([{ state: 'queued' }]);
    await herald.startService('delivery');
    await eventually(() => isDelivered(id), 15_000);
    expect(await places(id)).toHaveLength(1);
  });
});

describe('a Redis that loses everything', () => {
  type Servers = typeof import('../../apps/cli/src/servers/redis.js');
  const { startRedis } = jest.requireActual<Servers>('../../dist/apps/cli/src/servers/redis.js');
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'herald-redis-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function wipeWhileWaiting(gateway: StartOptions): Promise<string> {
    const redis = await startRedis({ dataDir: folder });
    await start({ services: [], redisUrl: redis.url });
    await herald.startService('gateway', gateway);
    const id = await send();
    await eventually(() => jobInRedis(id, 'wait'));
    redis.kill();
    await redis.exited;
    await rm(join(folder, 'appendonlydir'), { recursive: true });
    const empty = await startRedis({ dataDir: folder, port: redis.port });
    stopRedis = () => empty.stop();
    await herald.startService('delivery');
    return id;
  }
  let stopRedis: () => Promise<void>;
  afterEach(async () => {
    for (const each of started.splice(0)) await each.stop();
    await stopRedis();
  });

  it('is given the waiting messages again, and each arrives once', async () => {
    const id = await wipeWhileWaiting({});
    await eventually(() => isDelivered(id), 15_000);
    expect(await places(id)).toHaveLength(1);
  });

  it('would have lost them without the sweeper', async () => {
    const id = await wipeWhileWaiting({ preload: preload('no-sweeper') });
    await expect(eventually(() => isDelivered(id), 4000)).rejects.toThrow('Not within');
  });
});

describe('a message that kills its worker every time', () => {
  it('ends alone among the dead letters, while the 199 that were committed with it arrive', async () => {
    await start({ services: ['gateway'] });
    const messages = Array.from({ length: 200 }, (_, index) => aMessage({ title: `m${index}` }));
    const { body } = await call('POST', `${herald.url}/v1/feed/ai/batch`, {
      token: herald.token('unlimitedAccessToken'),
      body: { messages },
    });
    const ids = body.results.map(({ correlationId }: { correlationId: string }) => correlationId);
    const [{ jobs } = { jobs: 0 }] = await herald.query<{ jobs: number }>(
      'select count(distinct job_id)::int as jobs from outbox',
    );
    expect(jobs).toBe(1);

    const deadly = ids[77];
    let deaths = 0;
    let over = false;
    const revive = (async () => {
      while (!over) {
        const worker = await herald.startService('delivery', {
          preload: preload('die-of-message'),
          env: { DEADLY_ID: deadly },
        });
        await Promise.race([worker.ended(), eventually(() => over, 120_000)]);
        if (!over) deaths++;
      }
    })();
    await eventually(async () => (await herald.query('select id from outbox')).length === 0, 100_000);
    over = true;
    await revive;

    expect(deaths).toBeGreaterThanOrEqual(4);
    expect(await places(deadly)).toMatchObject([{ state: 'given_up', error: expect.stringContaining('alone') }]);
    const [{ delivered } = { delivered: 0 }] = await herald.query<{ delivered: number }>(
      'select count(*)::int as delivered from feed_messages where id = any($1::uuid[])',
      [ids],
    );
    expect(delivered).toBe(199);
    const { body: told } = await call('GET', `${herald.url}/v1/messages/${deadly}`, {
      token: herald.token('accessToken'),
    });
    const steps = told.steps.map(({ step }: { step: string }) => step);
    expect([steps[0], steps[1], steps.at(-1)]).toEqual(['accepted', 'queued', 'given_up']);
    const attempts = told.steps.flatMap(({ attempt }: { attempt?: number }) => attempt ?? []);
    expect(attempts).toEqual(attempts.map((_: number, index: number) => index + 1));
    expect(attempts.length).toBeGreaterThanOrEqual(4);
    const next = await send();
    await eventually(() => isDelivered(next));
  }, 150_000);
});
