import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Figures } from '../../support/figures.js';
import { freePort } from '../../../apps/local/src/servers/free-port.js';
import { Herald } from '../../support/herald.js';
import { aDeadLetter, Ops } from '../../support/ops.js';

const QUEUES = [
  'delivery',
  'agent-actions',
  'merchant-answers',
  'merchant-answers.answered',
  'merchant-answers.events',
];
const OWN = ['herald_outbox_messages', 'herald_outbox_oldest_seconds', 'herald_dead_letters'];
const OF_REDIS = ['herald_queue_jobs', 'herald_queue_oldest_seconds'];

let herald: Herald;
beforeAll(async () => {
  // Nobody works off the queue.
  herald = await Herald.start({ services: ['gateway', 'ops'] });
});
afterAll(() => herald.stop());

const figures = (service = 'ops') => Figures.of(herald.service(service));
const delivery = { queue: 'delivery' };

it('ops counts what is owed in messages, although a job has many', async () => {
  const messages = Array.from({ length: 150 }, () => aMessage());
  await call('POST', `${herald.url}/v1/feed/ai/batch`, {
    token: herald.token('unlimitedAccessToken'),
    body: { messages },
  });
  for (let n = 0; n < 3; n++) await aDeadLetter(herald, { queue: 'agent-actions' });
  const now = await eventually(async () => {
    const seen = await figures();
    return seen.sum('herald_outbox_messages', delivery) === 150 && seen.sum('herald_queue_oldest_seconds') > 0 && seen;
  }, 20_000);
  expect(now.sum('herald_outbox_oldest_seconds', delivery)).toBeGreaterThan(0);
  expect(now.sum('herald_queue_jobs', { ...delivery, state: 'waiting' })).toBe(1);
  await eventually(async () => (await figures()).sum('herald_dead_letters', { queue: 'agent-actions' }) === 3, 20_000);
});

it('a queue without anything has zeros, so that what is missing can raise an alarm', async () => {
  const now = await figures();
  for (const name of [...OWN, ...OF_REDIS]) {
    for (const queue of QUEUES) expect([name, queue, now.has(name, { queue })]).toEqual([name, queue, true]);
  }
});

it('no other service looks that up', async () => {
  const now = await figures('gateway');
  for (const name of [...OWN, ...OF_REDIS]) expect([name, now.has(name)]).toEqual([name, false]);
});

it('the overview shows the oldest message owed, and leads to it', async () => {
  const ops = new Ops(herald, 'vera');
  const { text } = await ops.get('/');
  const id = /href="\/messages\?id=([^"]+)"/.exec(text)?.[1];
  const [oldest] = await herald.query<{ id: string }>('select id from outbox order by accepted_at, id limit 1');
  expect(id).toBe(oldest?.id);
  expect((await ops.get(`/messages?id=${id}`)).text).toContain('>queued<');
});

it.each([
  ['Redis', (port: number) => ({ REDIS_URL: `redis://127.0.0.1:${port}` }), OF_REDIS, OWN],
  ['Postgres', (port: number) => ({ DATABASE_URL: `postgres://herald_ops:x@127.0.0.1:${port}/herald` }), OWN, OF_REDIS],
] as const)('without %s the rest is told, and the page says what is away', async (server, env, gone, left) => {
  await herald.startService('ops', { env: env(await freePort()) }, server);
  // It takes a moment until a service has reached a server.
  const now = await eventually(async () => {
    const seen = await figures(server);
    return [...left, 'nodejs_eventloop_lag_p99_seconds'].every((name) => seen.has(name)) && seen;
  });
  for (const name of gone) expect([name, now.has(name)]).toEqual([name, false]);
  const ops = new Ops(herald, 'ada', server);
  const { status, text } = await ops.get('/');
  expect(status).toBe(200);
  expect(text).toContain(`${server} is away`);
  expect((await ops.get('/health/live')).status).toBe(200);
  expect((await ops.get('/health/ready')).status).toBe(503);
  expect((await ops.get('/dead-letters')).status).toBe(server === 'Postgres' ? 503 : 200);
});
