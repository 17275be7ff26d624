import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '@herald/database';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald, type ServiceName } from '../../support/herald.js';
import { Producer } from '../../support/merchant.js';
import { brokenBuild } from '../../support/preloads.js';
import type { Service } from '../../support/service.js';
import { Valve } from '../../support/valve.js';

const STUCK_AFTER_MS = 1500;
const hang = brokenBuild('any-service/hang');

let herald: Herald;
const ends: (() => unknown)[] = [];
beforeEach(async () => {
  herald = await Herald.start({ services: [], env: { STUCK_AFTER_MS: String(STUCK_AFTER_MS) } });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await herald.stop();
});

/** Killed at the end, not stopped: what hangs would be waited for. */
async function started(...options: Parameters<Herald['startService']>): Promise<Service> {
  const service = await herald.startService(...options);
  ends.push(() => service.kill());
  return service;
}

const health = async (service: Service, kind: 'live' | 'ready') => {
  const { status, body } = await call('GET', `${service.url}/health/${kind}`);
  return { status, body };
};
const isDead = async (service: Service) => (await health(service, 'live')).status === 503;
/** Every status that is answered during a time. */
async function statuses(service: Service, kind: 'live' | 'ready', forMs: number): Promise<number[]> {
  const seen = new Set<number>();
  for (const end = Date.now() + forMs; Date.now() < end; await sleep(100))
    seen.add((await health(service, kind)).status);
  return [...seen];
}

function deliveryJobs(): Producer {
  const producer = new Producer(herald, 'delivery');
  ends.push(() => producer.close());
  return producer;
}
const aJob = () => ({ correlationId: randomUUID(), companyId: herald.company.id, body: aMessage() });

const send = () =>
  call('POST', `${herald.url}/v1/feed/ai`, { token: herald.token('unlimitedAccessToken'), body: aMessage() });

/** As accepted by a gateway and not yet published. */
const owe = (count: number) =>
  herald.query(
    `insert into outbox (id, queue, job, company_id, body, accepted_at)
     select gen_random_uuid(), 'delivery', 'deliver', $1, $2, now() from generate_series(1, $3)`,
    [herald.company.id, aMessage(), count],
  );

describe('a worker whose handler hangs', () => {
  it('is dead after the limit, not before and not while it has nothing to do; ready all the while', async () => {
    const worker = await started('delivery', { preload: hang, env: { HANG: 'jobs' } });
    expect(await statuses(worker, 'live', 2 * STUCK_AFTER_MS)).toEqual([200]);
    const startedAt = Date.now();
    await deliveryJobs().put('deliver', aJob());
    await eventually(() => isDead(worker), 20_000);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(STUCK_AFTER_MS);
    expect((await health(worker, 'live')).body).toEqual({ status: 'stuck', work: ['jobs'] });
    expect(await health(worker, 'ready')).toMatchObject({ status: 200 });
    expect(worker.log).toContain('stuck: jobs');
  });

  it('is alive while its queue is paused, and dead some time after that', async () => {
    const worker = await started('delivery', { preload: hang, env: { HANG: 'jobs' } });
    const producer = deliveryJobs();
    await producer.queue.pause();
    for (let n = 0; n < 5; n++) await producer.put('deliver', aJob());
    expect(await statuses(worker, 'live', 3 * STUCK_AFTER_MS)).toEqual([200]);
    await producer.queue.resume();
    await eventually(() => isDead(worker), 20_000);
  });
});

describe('a gateway', () => {
  it('that does not feed is dead when messages wait and there is room for them', async () => {
    const gateway = await started('gateway', { preload: hang, env: { HANG: 'feeding' } });
    expect(await statuses(gateway, 'live', 2 * STUCK_AFTER_MS)).toEqual([200]);
    await owe(10);
    await eventually(() => isDead(gateway), 20_000);
    expect((await health(gateway, 'live')).body).toEqual({ status: 'stuck', work: ['feeding'] });
  });

  it('is alive when messages wait because there is no room', async () => {
    const gateway = await started('gateway', { env: { PUBLISHED_LIMIT: '10' } });
    await owe(100);
    expect(await statuses(gateway, 'live', 4 * STUCK_AFTER_MS)).toEqual([200]);
  });

  it('whose commit never ends is dead', async () => {
    const gateway = await started('gateway', { preload: hang, env: { HANG: 'commits' } });
    const abandoned = send().catch(() => undefined);
    await eventually(() => isDead(gateway), 20_000);
    expect((await health(gateway, 'live')).body).toEqual({ status: 'stuck', work: ['commits'] });
    await gateway.kill();
    await abandoned;
  });

  it.each(['sweeping', 'settling of events'])('whose %s never ends is dead', async (work) => {
    const gateway = await started('gateway', { preload: hang, env: { HANG: work } });
    await eventually(() => isDead(gateway), 20_000);
    expect((await health(gateway, 'live')).body).toEqual({ status: 'stuck', work: [work] });
    await gateway.kill();
  });
});

describe('an outage restarts nothing', () => {
  const services: ServiceName[] = ['gateway', 'delivery', 'agent-actions', 'merchant-answers'];
  it.each([
    ['Postgres', 'close', 'postgres'],
    ['Postgres', 'freeze', 'postgres'],
    ['Redis', 'close', 'redis'],
    ['Redis', 'freeze', 'redis'],
  ] as const)('%s away (%s): every service is alive and not ready, and ready again after it', async (_, how, away) => {
    const own = (role: Role) => herald.urlFor(role);
    const valves = {
      postgres: await Valve.before(herald.databaseUrl),
      redis: await Valve.before(herald.redisUrl),
    };
    ends.push(() => Promise.all(Object.values(valves).map((valve) => valve.end())));
    const running = await Promise.all(
      services.map((name) =>
        started(name, {
          env: {
            DATABASE_URL: valves.postgres.url(own(`herald_${name.replaceAll('-', '_')}` as Role)),
            REDIS_URL: valves.redis.url(herald.redisUrl),
          },
        }),
      ),
    );
    for (const service of running) await eventually(async () => (await health(service, 'ready')).status === 200);
    valves[away][how]();
    await owe(10);
    await Promise.all(
      running.map(async (service) => {
        await eventually(async () => (await health(service, 'ready')).status === 503);
        expect((await health(service, 'ready')).body).toMatchObject({
          status: 'away',
          dependencies: { [away]: 'away' },
        });
        expect(await statuses(service, 'live', 3 * STUCK_AFTER_MS)).toEqual([200]);
        expect((await health(service, 'ready')).status).toBe(503);
      }),
    );
    valves[away].open();
    await Promise.all(
      running.map(async (service) => {
        await eventually(async () => (await health(service, 'ready')).status === 200, 20_000);
        expect(await statuses(service, 'live', STUCK_AFTER_MS)).toEqual([200]);
        expect(service.hasEnded).toBe(false);
      }),
    );
    await eventually(async () => (await herald.query('select id from outbox')).length === 0, 30_000);
  });
});

it('under heavy load both stay as they are', async () => {
  // A sixth of what it is in production; a machine full of tests takes seconds for a batch.
  const env = { STUCK_AFTER_MS: '10000' };
  const gateway = await started('gateway', { env });
  const worker = await started('delivery', { env });
  const producer = deliveryJobs();
  await owe(20_000);
  await producer.queue.addBulk(Array.from({ length: 10_000 }, () => ({ name: 'deliver', data: aJob() })));
  const end = Date.now() + 15_000;
  let sent = 0;
  const callers = Array.from({ length: 64 }, async () => {
    for (; Date.now() < end; sent++) expect((await send()).status).toBe(202);
  });
  const seen: object[] = [];
  const watchers = [gateway, worker].map(async (service) => {
    for (; Date.now() < end; await sleep(50)) {
      for (const kind of ['live', 'ready'] as const)
        seen.push({ name: service.name, kind, ...(await health(service, kind)) });
    }
  });
  await Promise.all([...callers, ...watchers]);
  expect(sent).toBeGreaterThan(100);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.filter((answer) => !('status' in answer && answer.status === 200))).toEqual([]);
});
