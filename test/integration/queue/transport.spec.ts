import { randomUUID } from 'node:crypto';
import { parseRedisUrl } from '@herald/bootstrap';
import {
  command,
  Dto,
  event,
  fromCompany,
  type GiveUpCause,
  IsLine,
  type JobRun,
  type Ledger,
  NamedJob,
  notFound,
  owed,
} from '@herald/contracts';
import { type JobOf, OnJob, prefixOf, QueueClient, QueueServer } from '@herald/queue';
import { Controller, type INestMicroservice, Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Queue } from 'bullmq';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { eventually } from '../../support/eventually.js';
import { keysOf, redisAt } from '../../support/redis.js';
import { testRedisUrl } from '../../support/servers.js';
import { Valve } from '../../support/valve.js';

@Dto()
class Parcel {
  @IsLine(1_000_000)
  label: string;
}

@Dto()
class Weight {
  @IsInt()
  grams: number;
}

const parcels = {
  queue: 'parcels',
  jobs: {
    ship: { ...event(fromCompany(Parcel)), backoffMs: 10 },
    weigh: {
      ...command(fromCompany(Parcel), Weight),
      timeoutMs: 1000,
    },
    owed,
  },
};

class Outage extends Error {}

/** A ledger that records its calls. */
class NotingLedger implements Ledger {
  readonly givenUp: { run: JobRun; message: string; cause: GiveUpCause }[] = [];
  readonly failures: number[] = [];
  away = false;
  isOutage = (error: unknown) => error instanceof Outage;
  ping = () => (this.away ? Promise.reject(new Outage()) : Promise.resolve());
  owes = () => Promise.resolve(true);
  startAlone = () => Promise.resolve(true);
  noteFailure = async (run: JobRun) => void this.failures.push(run.attempt);
  giveUp = async (run: JobRun, { message }: Error, cause: GiveUpCause) => {
    if (this.away) throw new Outage();
    this.givenUp.push({ run, message, cause });
    return run.ids ? [] : ['1'];
  };
  undecided = (_queue: string, deadLetters: string[]) => Promise.resolve(deadLetters);
}

let work: (job: JobOf<typeof parcels, 'ship'>) => Promise<void>;
let weigh: (job: JobOf<typeof parcels, 'weigh'>) => Promise<{ grams: number }>;
let owe: (job: JobOf<typeof parcels, 'owed'>) => Promise<void>;

@Controller()
class Complete {
  @OnJob(parcels, 'ship')
  ship(job: JobOf<typeof parcels, 'ship'>) {
    return work(job);
  }

  @OnJob(parcels, 'weigh')
  weigh(job: JobOf<typeof parcels, 'weigh'>) {
    return weigh(job);
  }

  @OnJob(parcels, 'owed')
  owed(job: JobOf<typeof parcels, 'owed'>) {
    return owe(job);
  }
}

@Controller()
class WithoutWeigh {
  @OnJob(parcels, 'ship')
  ship() {}

  @OnJob(parcels, 'owed')
  owed() {}
}

@Controller()
class ShipsToo {
  @OnJob(parcels, 'ship')
  shipAgain() {}
}

const other = { queue: 'letters', jobs: { post: event(NamedJob) } };
@Controller()
class PostsToo {
  @OnJob(other, 'post')
  post() {}
}

const secrets = ['a secret of at least 32 bytes, for tests only'];
let namespace: string;
let ledger: NotingLedger;
let client: QueueClient;
let producer: Queue;
let redis: ReturnType<typeof redisAt>;
let services: INestMicroservice[];

beforeEach(async () => {
  namespace = `test-${randomUUID()}`;
  ledger = new NotingLedger();
  services = [];
  redis = redisAt(testRedisUrl());
  client = new QueueClient([parcels], { redis: parseRedisUrl(testRedisUrl()), namespace, secrets });
  await client.check();
  producer = new Queue('parcels', { connection: redis, prefix: prefixOf('parcels', namespace) });
  work = async () => undefined;
  owe = async () => undefined;
  weigh = async () => ({ grams: 5 });
});
afterEach(async () => {
  for (const service of services) await service.close();
  await client.close();
  await producer.close();
  redis.disconnect();
});

async function serve(controllers: Type[] = [Complete], closeTimeoutMs = 2000): Promise<QueueServer> {
  @Module({ controllers })
  class Worker {}
  const strategy = new QueueServer({
    contract: parcels,
    ledger,
    redis: parseRedisUrl(testRedisUrl()),
    namespace,
    secrets,
    concurrency: 10,
    lockMs: 1000,
    closeTimeoutMs,
  });
  const service = await NestFactory.createMicroservice(Worker, { strategy, logger: false, abortOnError: false });
  services.push(service);
  await service.listen();
  return strategy;
}

const company = randomUUID();
const aJob = (body: unknown = { label: 'a' }) => ({ correlationId: randomUUID(), companyId: company, body });
const good = (label = 'a') => ({ v: 1 as const, ...aJob(), body: { label } });

describe('a worker refuses to start', () => {
  it('without a handler for each job of its queue', async () => {
    await expect(serve([WithoutWeigh])).rejects.toThrow(/no handler for .*weigh/);
  });

  it('with two handlers for one job', async () => {
    await expect(serve([Complete, ShipsToo])).rejects.toThrow(/two handlers for .*ship/);
  });

  it('with a handler for a job that its contract does not know', async () => {
    await expect(serve([Complete, PostsToo])).rejects.toThrow(/a handler for .*post.* does not know/);
  });
});

describe('a job of a foreign producer', () => {
  it('is plain JSON and reaches its handler, with the job id for a correlationId it lacks', async () => {
    const seen: unknown[] = [];
    work = async ({ data }) => void seen.push(data);
    await serve();
    const id = randomUUID();
    await producer.add('ship', aJob());
    await producer.add('ship', { companyId: company.toUpperCase(), body: { label: 'b' }, stray: 1 }, { jobId: id });
    await eventually(() => seen.length === 2);
    expect(seen).toEqual([
      expect.objectContaining({ v: 1, body: { label: 'a' } }),
      { v: 1, correlationId: id, companyId: company, body: { label: 'b' } },
    ]);
  });

  it.each([
    ['a body that breaks the contract', 'ship', aJob({ label: '' }), /body\.label/],
    ['an unknown field in the body', 'ship', aJob({ label: 'a', stray: 1 }), /stray/],
    ['no correlationId', 'ship', { companyId: company, body: { label: 'a' } }, /correlationId/],
    ['a version from the future', 'ship', { ...aJob(), v: 2 }, /^v must be 1/],
    ['no object at all', 'ship', null, /data/],
    ['a name that nobody knows', 'sink', aJob(), /no job "sink"/],
  ])('is given up once when it has %s', async (_, name, data, message) => {
    await serve();
    await producer.add(name, data, { attempts: 10 });
    const [given] = await eventually(() => ledger.givenUp.length > 0 && ledger.givenUp);
    expect(given).toMatchObject({
      cause: 'broken',
      message: expect.stringMatching(message),
      run: { attempt: 1, text: JSON.stringify(data) },
    });
    await eventually(async () => (await producer.getFailedCount()) === 1);
    expect(ledger.givenUp).toHaveLength(1);
  });

  it('is tried as often as the contract says, whatever its producer asked for, and then given up', async () => {
    work = async () => {
      throw new Error('not now');
    };
    await serve();
    await producer.add('ship', aJob(), { attempts: 1 });
    const [given] = await eventually(() => ledger.givenUp.length > 0 && ledger.givenUp);
    expect(given).toMatchObject({ cause: 'failed', message: 'not now', run: { attempt: 5 } });
    expect(ledger.failures).toEqual([1, 2, 3, 4]);
  });
});

describe('a request', () => {
  it("gets the handler's verdict", async () => {
    weigh = async ({ data }) => ({ grams: data.body.label.length });
    await serve();
    expect(await client.ask(parcels, 'weigh', good('four'))).toEqual({ grams: 4 });
  });

  it("gets the handler's refusal", async () => {
    weigh = async () => {
      throw notFound('No such parcel');
    };
    await serve();
    await expect(client.ask(parcels, 'weigh', good())).rejects.toMatchObject({
      data: { status: 404, message: 'No such parcel' },
    });
    expect(ledger.givenUp).toEqual([]);
  });

  it('is a 504 when nobody answers in time, and is skipped by a worker that comes later', async () => {
    let weighed = 0;
    weigh = async () => ({ grams: ++weighed });
    await expect(client.ask(parcels, 'weigh', good())).rejects.toMatchObject({ status: 504 });
    await serve();
    await eventually(async () => (await producer.getCompletedCount()) === 1);
    expect(weighed).toBe(0);
  });

  it('whose reply was lost is answered from the job at the deadline', async () => {
    await serve();
    const { inbox } = client as unknown as { inbox: { subscription: { subscriber: Redis } } };
    await eventually(() => inbox.subscription.subscriber.status === 'ready');
    await inbox.subscription.subscriber.unsubscribe();
    expect(await client.ask(parcels, 'weigh', good())).toEqual({ grams: 5 });
  });

  it('is a 503 at once while Redis is away', async () => {
    const lonely = new QueueClient([parcels], { redis: parseRedisUrl('redis://127.0.0.1:1'), namespace, secrets });
    const begun = Date.now();
    await expect(lonely.ask(parcels, 'weigh', good())).rejects.toMatchObject({ status: 503 });
    expect(Date.now() - begun).toBeLessThan(1500);
    await lonely.close();
  });

  it('is a 503 at once while the database is away', async () => {
    weigh = async () => {
      throw new Outage('gone');
    };
    await serve();
    await expect(client.ask(parcels, 'weigh', good())).rejects.toMatchObject({ status: 503 });
  });
});

describe('an outage of the database', () => {
  it('burns no attempt: jobs wait until it is over', async () => {
    const attempts: number[] = [];
    ledger.away = true;
    work = async ({ run }) => {
      attempts.push(run.attempt);
      if (ledger.away) throw new Outage('gone');
    };
    await serve();
    await producer.add('ship', aJob());
    await eventually(() => attempts.length > 0);
    await producer.add('ship', aJob());
    await eventually(async () => (await producer.getDelayedCount()) === 1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // The second may have been on its way when the worker stopped fetching.
    const before = attempts.length;
    expect(before).toBeLessThanOrEqual(2);
    ledger.away = false;
    await eventually(() => attempts.length === before + 2);
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect([...ledger.givenUp, ...ledger.failures]).toEqual([]);
  });

  it('loses no job whose workers died too often: it is given up once the database is back', async () => {
    ledger.away = true;
    work = () => Promise.reject(new Error('must not run again'));
    const { id } = await producer.add('ship', aJob());
    await redis.hset(producer.toKey(id as string), 'stc', 3);
    await serve();
    await eventually(async () => (await producer.getDelayedCount()) === 1);
    ledger.away = false;
    await eventually(() => ledger.givenUp.length === 1);
    expect(ledger.givenUp).toMatchObject([{ cause: 'stalled', message: 'its workers died or hung too often' }]);
    await eventually(async () => (await producer.getFailedCount()) === 1);
  });
});

describe('a job that must be alone', () => {
  it('runs while nothing else does, and nothing is stuck behind it', async () => {
    let inside = 0;
    const beside: number[] = [];
    const visit = async () => {
      inside++;
      await new Promise((resolve) => setTimeout(resolve, 30));
      beside.push(inside);
      inside--;
    };
    const besideAlone: number[] = [];
    work = visit;
    owe = async ({ run }) => {
      if (run.alone) besideAlone.push(inside);
      await visit();
    };
    await serve();
    for (let index = 0; index < 8; index++) {
      await client.enqueue(parcels, 'ship', good());
      await client.enqueue(parcels, 'owed', { ids: [randomUUID()] }, { alone: index % 2 === 0 });
    }
    await eventually(() => beside.length === 16);
    expect(besideAlone).toEqual([0, 0, 0, 0]);
    expect(Math.max(...beside)).toBeGreaterThan(1);
  });
});

describe('Redis', () => {
  it('keeps the keys of a queue under one hash tag', async () => {
    await serve();
    await client.enqueue(parcels, 'ship', good());
    await client.ask(parcels, 'weigh', good());
    const keys = await keysOf(redis, `*${namespace}*`);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith(`{${namespace}:parcels}:`))).toEqual([]);
  });

  it('keeps requests for a while and events not at all', async () => {
    let shipped = 0;
    work = async () => void shipped++;
    await serve();
    for (let index = 0; index < 20; index++) await client.enqueue(parcels, 'ship', good());
    await client.ask(parcels, 'weigh', good());
    await eventually(() => shipped === 20);
    await eventually(async () => (await producer.getJobCounts('active', 'wait')).active === 0);
    const kept = await producer.getJobs(['completed']);
    expect(kept.map(({ name }) => name)).toEqual(['weigh']);
  });

  it('returns the state of a job', async () => {
    const [waiting, gone] = [randomUUID(), randomUUID()];
    await client.enqueue(parcels, 'ship', good(), { jobId: waiting });
    expect(await client.states(parcels, [waiting, gone])).toEqual(['pending', 'gone']);
    work = () => Promise.reject(new Error('no'));
    await serve();
    await eventually(async () => (await client.states(parcels, [waiting]))[0] === 'failed');
  });

  it('may freeze just before a queue is used for the first time', async () => {
    const valve = await Valve.before(testRedisUrl());
    const late = new QueueClient([parcels], { redis: parseRedisUrl(valve.url(testRedisUrl())), namespace, secrets });
    try {
      await late.check();
      const put = () => late.enqueue(parcels, 'ship', good());
      valve.freeze();
      await expect(put()).rejects.toThrow('Command timed out');
      valve.open();
      await eventually(() =>
        put().then(
          () => true,
          () => false,
        ),
      );
    } finally {
      await late.close();
      await valve.end();
    }
  });

  it('takes no job that is larger than 512 KiB, nor one that breaks its contract', async () => {
    await expect(client.enqueue(parcels, 'ship', good('x'.repeat(600_000)))).rejects.toThrow(/size|exceeds/i);
    await expect(client.enqueue(parcels, 'ship', good(''))).rejects.toThrow('label');
    expect(await producer.getWaitingCount()).toBe(0);
  });
});

describe('trouble', () => {
  it('of one kind is logged once in a while, not by every job that meets it', async () => {
    const told = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    work = () => held;
    await serve();
    for (let job = 0; job < 10; job++) await producer.add('ship', good());
    await eventually(async () => (await producer.getActiveCount()) === 10);
    const troubles = (words: RegExp) =>
      told.mock.calls.filter(([{ err }]) => words.test(String((err as Error | undefined)?.message)));
    const renewals = () => troubles(/renew lock/);
    await redis.del(...(await keysOf(redis, `*${namespace}*:lock`)));
    await eventually(() => renewals().length > 0);
    finish();
    await eventually(() => troubles(/Missing lock .*moveToFinished/).length > 0);
    expect(renewals()).toHaveLength(1);
    told.mockRestore();
  });
});

describe('a stop', () => {
  it('finishes what is in work and takes nothing new', async () => {
    const done: string[] = [];
    let entered = false;
    work = async ({ data }) => {
      entered = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
      done.push(data.body.label);
    };
    const server = await serve();
    await client.enqueue(parcels, 'ship', good('first'));
    await eventually(() => entered);
    await server.close();
    await client.enqueue(parcels, 'ship', good('second'));
    expect(done).toEqual(['first']);
    expect(await producer.getWaitingCount()).toBe(1);
  });

  it('does not wait longer than its deadline, and another worker takes over', async () => {
    let stuck = true;
    let runs = 0;
    work = async () => {
      runs++;
      if (stuck) await eventually(() => !stuck, 30_000);
    };
    const server = await serve([Complete], 300);
    await client.enqueue(parcels, 'ship', good());
    await eventually(() => runs === 1);
    const begun = Date.now();
    await server.close();
    expect(Date.now() - begun).toBeLessThan(1500);
    stuck = false;
    await serve();
    await eventually(() => runs === 2);
  });
});
