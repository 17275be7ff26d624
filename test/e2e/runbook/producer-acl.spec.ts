import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { delivery } from '@herald/contracts';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { anAction } from '../../support/actions.js';
import { aMessage, call } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';

const PASSWORD = 'for-tests-only';
const DENIED = /NOPERM|No permissions|can't run this command or subcommand|can't access/i;

let herald: Herald;
let admin: Redis;
let producer: Redis;
let queue: Queue;
let user: string;
/** A message of the feed, and its gateway's answer as it stands in Redis. */
let messageId: string;
let answerKey: string;

const prefixOf = (name: string) => `{${herald.namespace}:${name}}`;
const keyOf = (key: string, name = 'delivery') => `${prefixOf(name)}:${name}:${key}`;
const aJob = () => ({ correlationId: randomUUID(), companyId: herald.company.id, body: aMessage() });
const found = (sql: string, ...values: unknown[]) =>
  eventually(async () => {
    const rows = await herald.query(sql, values);
    return rows.length > 0 && rows;
  }, 20_000);

beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions'] });
  admin = new Redis(herald.redisUrl);
  user = `producer-${randomUUID()}`;
  // The line of libs/queue/README.md, word for word but for the namespace, the queue, the name and the password.
  const [, rules] = /ACL SETUSER crm on '>…' (.+)/.exec(
    readFileSync('libs/queue/README.md', 'utf8'),
  ) as RegExpExecArray;
  const line = (rules as string).replaceAll("'", '').replaceAll('{herald:agent-actions}', prefixOf('delivery'));
  await admin.call('ACL', 'SETUSER', user, 'on', `>${PASSWORD}`, ...line.trim().split(' '));
  const url = new URL(herald.redisUrl);
  url.username = user;
  url.password = PASSWORD;
  producer = new Redis(url.toString(), { maxRetriesPerRequest: null });
  queue = new Queue(delivery.queue, { connection: producer, prefix: prefixOf(delivery.queue) });
  queue.on('error', () => undefined);

  const sent = await call('POST', `${herald.url}/v1/feed/ai`, {
    token: herald.token('accessToken'),
    body: aMessage(),
  });
  messageId = sent.body.correlationId as string;
  await found('select from feed_messages where id = $1', messageId);
  const token = herald.jwtOf('dmurta');
  expect((await call('PATCH', `${herald.url}/v1/feed/${messageId}`, { token, body: { status: 'read' } })).status).toBe(
    200,
  );
  const [answered] = await eventually(async () => {
    const ids = await admin.zrange(keyOf('completed'), '0', '-1');
    return ids.length > 0 && ids;
  });
  answerKey = keyOf(answered as string);
  expect(await admin.hget(answerKey, 'returnvalue')).toContain(messageId);
}, 60_000);
afterAll(async () => {
  await queue?.close();
  producer?.disconnect();
  await admin?.call('ACL', 'DELUSER', user);
  admin?.disconnect();
  await herald?.stop();
});

const lua = (script: string, ...keys: string[]) => producer.eval(script, keys.length, ...keys);

it('lets a producer add jobs to its queue: alone, in bulk, first in line, and again under an id of its own', async () => {
  const jobs = Array.from({ length: 5 }, aJob);
  const jobId = randomUUID();
  await queue.add('deliver', jobs[0]);
  await queue.add('deliver', jobs[1], { jobId, attempts: 3, removeOnComplete: true });
  await queue.add('deliver', jobs[1], { jobId });
  await queue.add('deliver', jobs[2], { lifo: true });
  await queue.addBulk(jobs.slice(3).map((data) => ({ name: 'deliver', data })));
  const ids = jobs.map(({ correlationId }) => correlationId);
  expect(await found('select from feed_messages where id = any($1) having count(*) = 5', ids)).toHaveLength(1);
});

it('gets it no word of what messages say, no mark and no answer by way of jobs', async () => {
  const heard: string[] = [];
  const subscriber = new Redis(herald.redisUrl);
  await subscriber.psubscribe('*');
  subscriber.on('pmessage', (_pattern, channel: string) => {
    if (channel.includes(herald.namespace) || channel === 'anywhere') heard.push(channel);
  });
  const companyId = herald.company.id;
  const body = { login: 'dmurta', messageId, status: 'archived' };
  for (const replyTo of ['anywhere', `${herald.namespace}:replies:${randomUUID()}`]) {
    const $herald = { replyTo, deadline: Date.now() + 60_000 };
    for (const [name, data] of [
      ['set-status', { body }],
      ['set-statuses', { body: { login: 'dmurta', ids: [messageId], status: 'archived' } }],
      ['read-all', { body: { login: 'dmurta' } }],
      ['mark-all', { body: { login: 'dmurta', mark: 'archived' } }],
      ['deliver', { body: {} }],
    ] as const) {
      const correlationId = randomUUID();
      await queue.add(name, { correlationId, companyId, ...data, $herald });
      await found('select from dead_letters where correlation_id = $1', correlationId);
    }
  }
  expect(await herald.query('select status from feed_messages where id = $1', [messageId])).toEqual([
    { status: 'read' },
  ]);
  expect(heard).toEqual([]);
  subscriber.disconnect();
});

it('shows it no id that it does not know, so that it cannot read what others put there', async () => {
  for (const list of ['completed', 'failed', 'delayed', 'prioritized', 'marker']) {
    await expect(producer.zrange(keyOf(list), '0', '-1')).rejects.toThrow(DENIED);
    await expect(lua(`return redis.call('zrange', KEYS[1], 0, -1)`, keyOf(list))).rejects.toThrow(DENIED);
  }
  for (const list of ['wait', 'active', 'paused'])
    await expect(producer.lrange(keyOf(list), 0, -1)).rejects.toThrow(DENIED);
  await expect(producer.xrange(keyOf('events'), '-', '+')).rejects.toThrow(DENIED);
  await expect(queue.getJobs()).rejects.toThrow(DENIED);
});

it('keeps it from other queues, from what others put on its own, and from the server', async () => {
  const other = new Queue('agent-actions', { connection: producer, prefix: prefixOf('agent-actions') });
  other.on('error', () => undefined);
  await expect(
    other.add('record', { correlationId: randomUUID(), companyId: herald.company.id, body: anAction() }),
  ).rejects.toThrow(DENIED);
  await other.close();
  const own = keyOf('wait');
  for (const [command, ...args] of [
    ['hgetall', answerKey],
    ['hset', keyOf('1', 'agent-actions'), 'a', 'b'],
    ['hget', keyOf('1', 'agent-actions'), 'data'],
    ['lpush', keyOf('wait', 'agent-actions'), '1'],
    ['get', 'anything'],
    ['set', `${herald.namespace}:x`, '1'],
    ['del', own],
    ['unlink', own],
    ['rename', own, keyOf('x')],
    ['expire', own, '1'],
    ['lrange', own, '0', '-1'],
    ['lpop', own],
    ['rpop', own],
    ['lmove', own, keyOf('x'), 'left', 'left'],
    ['zrem', keyOf('completed'), '1'],
    ['scan', '0'],
    ['keys', '*'],
    ['randomkey'],
    ['flushall'],
    ['flushdb'],
    ['config', 'get', '*'],
    ['acl', 'list'],
    ['client', 'list'],
    ['client', 'kill', 'type', 'normal'],
    ['monitor'],
    ['shutdown'],
    ['slaveof', 'no', 'one'],
    ['script', 'flush'],
    ['function', 'list'],
    ['publish', 'anything', 'x'],
    ['publish', `${herald.namespace}:replies:${randomUUID()}`, 'x'],
    ['spublish', 'anything', 'x'],
    ['subscribe', `${herald.namespace}:replies:x`],
    ['psubscribe', '*'],
  ]) {
    expect([command, await refusal(command as string, ...args)]).toEqual([command, expect.stringMatching(/NOPERM/)]);
    if (['monitor', 'subscribe', 'psubscribe'].includes(command as string)) continue;
    const call = `return redis.call(${[command, ...args].map((arg) => `'${arg}'`).join(', ')})`;
    await expect(lua(call)).rejects.toThrow(/NOPERM|ERR|not allowed/);
  }
});

/** Returns the server's error for a command; empty when it succeeds. */
async function refusal(command: string, ...args: string[]): Promise<string> {
  const alone = producer.duplicate();
  try {
    await alone.call(command, ...args);
    return '';
  } catch (error) {
    return (error as Error).message;
  } finally {
    alone.disconnect();
  }
}
