import { randomUUID } from 'node:crypto';
import { prefixOf } from '@herald/queue';
import { Queue, Worker } from 'bullmq';
import { aMessage } from '../../support/client.js';
import { commandLine } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { aDeadLetter } from '../../support/ops.js';
import { keysOf, redisAt } from '../../support/redis.js';

const LOGIN = 'Zoë-who-goes';
const USER = 'abcdefab-0000-4000-8000-000000000001';
const PHONE = '+15550009';
/** As Python writes it. */
const IN_ASCII = 'Zo\\u00eb-who-goes';

let herald: Herald;
let redis: ReturnType<typeof redisAt>;
let queues: Record<'delivery' | 'agent-actions' | 'merchant-answers', Queue>;

beforeEach(async () => {
  herald = await Herald.start({ services: [] });
  redis = redisAt(herald.redisUrl);
  const queueOf = (name: string) => new Queue(name, { connection: redis, prefix: prefixOf(name, herald.namespace) });
  queues = {
    delivery: queueOf('delivery'),
    'agent-actions': queueOf('agent-actions'),
    'merchant-answers': queueOf('merchant-answers'),
  };
}, 60_000);
afterEach(async () => {
  for (const queue of Object.values(queues ?? {})) await queue.close();
  redis?.disconnect();
  await herald?.stop();
});

const aJob = (message: object, companyId = herald.company.id) => ({
  correlationId: randomUUID(),
  companyId,
  body: aMessage({ ...message }),
});

function erase(args: string[], withRedis = true) {
  const database = { DATABASE_URL: herald.databaseUrl };
  const both = { ...database, REDIS_URL: herald.redisUrl, QUEUE_NAMESPACE: herald.namespace };
  return commandLine(withRedis ? both : database, 'erase', ...args);
}
const ofPerson = () => ['--company', herald.company.id, '--login', LOGIN, '--user', USER];

/** The keys of Redis whose value contains one of these words. */
async function mentionedBy(...words: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const key of await keysOf(redis, `{${herald.namespace}:*`)) {
    if ((await redis.type(key)) !== 'hash') continue;
    const text = Object.values(await redis.hgetall(key)).join('\n');
    if (words.some((word) => text.includes(word))) found.push(key);
  }
  return found;
}

async function runOnce(queue: Queue, count: number, run: () => Promise<unknown>): Promise<void> {
  const options = { connection: redisAt(herald.redisUrl), prefix: queue.opts.prefix as string };
  const worker = new Worker(queue.name, run, options);
  let ended = 0;
  worker.on('completed', () => ended++);
  worker.on('failed', () => ended++);
  await eventually(() => ended === count, 20_000);
  await worker.close();
  options.connection.disconnect();
}

it('takes dead letters along that do not say whose they are, and leaves those that are of another', async () => {
  const { id } = herald.company;
  const gone = [
    JSON.stringify({ companyId: 'garbage', body: aMessage({ recipientLogin: LOGIN }) }),
    JSON.stringify({ recipient_login: LOGIN }),
    `{"login": "${IN_ASCII}", "n": NaN}`,
    `{"companyId": "${id.toUpperCase()}", "authorLogin": "${LOGIN}", NaN}`,
    JSON.stringify({ body: { recipients: [{ id: USER.toUpperCase() }] } }),
  ];
  const stays = [
    JSON.stringify({ companyId: herald.otherCompany.id, body: aMessage({ recipientLogin: LOGIN }) }),
    JSON.stringify({ companyId: id, body: aMessage({ title: LOGIN }) }),
    JSON.stringify({ companyId: 'garbage', body: aMessage({ recipientLogin: `${LOGIN}-too` }) }),
    JSON.stringify({ companyId: 'garbage', body: aMessage({ recipientLogin: LOGIN.toLowerCase() }) }),
  ];
  for (const content of [...gone, ...stays]) await aDeadLetter(herald, { company_id: null, content });
  await aDeadLetter(herald, { company_id: null, queue: 'merchant-answers', content: gone[0] });
  const { stdout } = await erase([...ofPerson(), '--yes', '--json'], false);
  expect(JSON.parse(stdout)).toMatchObject({
    erased: { 'dead letters': gone.length },
    notReached: 'jobs in Redis: REDIS_URL is not set',
  });
  const left = await herald.query<{ content: string }>('select content from dead_letters order by id');
  expect(left.map(({ content }) => content)).toEqual([...stays, gone[0]]);
}, 60_000);

it('takes the jobs along that services put on queues, in whatever state, and says so', async () => {
  const { delivery, 'agent-actions': actions } = queues;
  await delivery.add('deliver', aJob({ recipientLogin: LOGIN }));
  await runOnce(delivery, 1, () => Promise.reject(new Error(`no ${LOGIN}`)));
  await actions.add('record', { companyId: herald.company.id, body: { sender_id: USER } });
  await runOnce(actions, 1, () => Promise.resolve({ user_id: USER }));
  await delivery.add('deliver', aJob({ authorLogin: LOGIN }));
  await delivery.add('deliver', aJob({ authorLogin: LOGIN }), { delay: 3_600_000 });
  await delivery.add('deliver', aJob({ authorLogin: LOGIN }), { priority: 5 });
  const unreadable = await delivery.add('deliver', {});
  const raw = `{"companyId": "${herald.company.id}", "login": "${IN_ASCII}", "n": NaN}`;
  await redis.hset(delivery.toKey(unreadable.id as string), 'data', raw);

  await delivery.add('deliver', aJob({ recipientLogin: LOGIN }, herald.otherCompany.id), { jobId: 'of-another' });
  await delivery.add('deliver', aJob({ title: 'About somebody' }), { jobId: 'of-others' });
  const others = ['of-another', 'of-others'].map((id) => delivery.toKey(id));
  const words = [LOGIN, IN_ASCII, USER];
  const before = await mentionedBy(...words);
  expect(before).toHaveLength(7);

  const apart = await erase([...ofPerson(), '--yes'], false);
  expect(apart.stdout).toMatch(/Not reached: jobs in Redis: REDIS_URL is not set\.\n$/);
  const dry = await erase([...ofPerson(), '--dry-run']);
  expect(dry.stdout).toMatch(/would be erased: .* 0 directory entries, 6 jobs in Redis\.\n$/);
  expect(await mentionedBy(...words)).toHaveLength(7);
  const { stdout } = await erase([...ofPerson(), '--yes']);
  expect(stdout).toMatch(/ erased: .* 0 directory entries, 6 jobs in Redis\.\n$/);
  expect(await mentionedBy(...words)).toEqual([others[0]]);
  expect(await redis.exists(others[1] as string)).toBe(1);
  expect(await delivery.getJobCounts('failed', 'delayed', 'prioritized', 'waiting')).toEqual({
    failed: 0,
    delayed: 0,
    prioritized: 0,
    waiting: 2,
  });
}, 60_000);

it('says which jobs it could not take, since a worker is at them', async () => {
  const { delivery } = queues;
  await delivery.add('deliver', aJob({ recipientLogin: LOGIN }));
  let finish: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (finish = resolve));
  const running = runOnce(delivery, 1, () => held);
  await eventually(async () => (await delivery.getActiveCount()) === 1);
  const { stdout } = await erase([...ofPerson(), '--yes']);
  expect(stdout).toMatch(/0 jobs in Redis\. Not reached: 1 jobs that workers are at; run it again\.\n$/);
  finish();
  await running;
  expect((await erase([...ofPerson(), '--yes'])).stdout).toContain(', 1 jobs in Redis.\n');
  expect(await mentionedBy(LOGIN)).toEqual([]);
}, 60_000);

it('leaves an action that waits and that others receive too, and says so', async () => {
  const { 'agent-actions': actions } = queues;
  const other = { id: randomUUID(), name: 'Another' };
  const record = (body: object, options = {}) =>
    actions.add('record', { correlationId: randomUUID(), companyId: herald.company.id, body }, options);
  await record({ recipients: [{ id: USER }, other] });
  await runOnce(actions, 1, () => Promise.resolve());
  await record({ recipients: [{ id: USER.toUpperCase() }] });
  const kept = [
    await record({ recipients: [{ id: USER }, other] }),
    await record({ sender: { id: USER }, recipients: [other] }, { delay: 3_600_000 }),
  ].map(({ id }) => actions.toKey(id as string));

  const left = 'Not reached: 2 jobs that wait and that others receive too; run it again.';
  expect((await erase([...ofPerson(), '--dry-run'])).stdout).toContain(`, 2 jobs in Redis. ${left}\n`);
  expect((await erase([...ofPerson(), '--yes'])).stdout).toContain(`, 2 jobs in Redis. ${left}\n`);
  expect((await mentionedBy(USER, USER.toUpperCase())).sort()).toEqual(kept.sort());
}, 60_000);

it('goes on when Redis cannot remove a job as it is, and says so', async () => {
  const { delivery } = queues;
  const [stuck, free] = [await delivery.add('deliver', aJob({ authorLogin: LOGIN })), aJob({ recipientLogin: LOGIN })];
  await delivery.add('deliver', free);
  const parentKey = delivery.toKey('no-parent');
  await redis.hset(delivery.toKey(stuck.id as string), { parentKey });
  await redis.hset(parentKey, { x: '' });
  await redis.set(`${parentKey}:dependencies`, 'no set');
  const { stdout, failed } = await erase([...ofPerson(), '--yes']);
  expect(failed).toBe(false);
  expect(stdout).toContain(
    ', 1 jobs in Redis. Not reached: 1 jobs that Redis cannot remove as they are; run it again.\n',
  );
}, 60_000);

it('also erases BullMQ’s events about jobs that are gone', async () => {
  const { 'agent-actions': actions } = queues;
  await actions.add('set-status', { body: { userId: USER } }, { removeOnComplete: true, removeOnFail: true });
  await runOnce(actions, 1, () => Promise.resolve({ user_id: USER }));
  const told = async () => JSON.stringify(await redis.xrange(actions.toKey('events'), '-', '+'));
  expect(await told()).toContain(USER);
  await erase([...ofPerson(), '--dry-run']);
  expect(await told()).toContain(USER);
  expect((await erase([...ofPerson(), '--yes'])).stdout).toContain(', 0 jobs in Redis.\n');
  expect(await told()).toBe('[]');
}, 60_000);

it("takes the jobs of a merchant's lead, of one merchant or of all", async () => {
  const { 'merchant-answers': merchant } = queues;
  const upsert = (merchant_id: number, lead_phone: string) => ({
    correlationId: randomUUID(),
    body: { id: 900 + merchant_id, merchant_id, lead_phone, lead_name: 'Z' },
  });
  for (const id of [1, 2]) await merchant.add('conversation.upsert', upsert(id, PHONE));
  await merchant.add('conversation.upsert', { body: { lead_phone: PHONE } });
  await merchant.add('conversation.upsert', upsert(1, `${PHONE}0`), { jobId: 'of-another' });
  const one = await erase(['--lead', PHONE, '--merchant', '1', '--yes']);
  expect(one.stdout).toContain(', 2 jobs in Redis.');
  const all = await erase(['--lead', PHONE, '--yes']);
  expect(all.stdout).toContain(', 1 jobs in Redis.');
  expect(await mentionedBy(PHONE)).toEqual([merchant.toKey('of-another')]);
}, 60_000);

it('changes nothing when it cannot reach the Redis that it is given', async () => {
  await aDeadLetter(herald, { content: JSON.stringify(aJob({ recipientLogin: LOGIN })) });
  const given = { DATABASE_URL: herald.databaseUrl, REDIS_URL: 'redis://127.0.0.1:1' };
  const ended = await commandLine(given, 'erase', ...ofPerson(), '--yes');
  expect(ended).toMatchObject({
    failed: true,
    stderr: expect.stringMatching(/Redis at REDIS_URL cannot be used: Redis is away.*ECONNREFUSED.* running/),
  });
  expect(await herald.query('select from dead_letters')).toHaveLength(1);
}, 60_000);
