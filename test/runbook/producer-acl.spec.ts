import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { anAction } from '../support/actions.js';
import { eventually } from '../support/eventually.js';
import { Herald } from '../support/herald.js';

const PASSWORD = 'for-tests-only';

let herald: Herald;
let admin: Redis;
let producer: Redis;
let user: string;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  admin = new Redis(herald.redisUrl);
  user = `producer-${randomUUID()}`;
  // The line of libs/queue/README.md, word for word but for the namespace, the name and the password.
  const [, rules] = /ACL SETUSER crm on '>…' (.+)/.exec(
    readFileSync('libs/queue/README.md', 'utf8'),
  ) as RegExpExecArray;
  const line = (rules as string).replaceAll("'", '').replaceAll('{herald:', `{${herald.namespace}:`);
  await admin.call('ACL', 'SETUSER', user, 'on', `>${PASSWORD}`, ...line.trim().split(' '));
  const url = new URL(herald.redisUrl);
  url.username = user;
  url.password = PASSWORD;
  producer = new Redis(url.toString(), { maxRetriesPerRequest: null });
}, 60_000);
afterAll(async () => {
  producer?.disconnect();
  await admin?.call('ACL', 'DELUSER', user);
  admin?.disconnect();
  await herald?.stop();
});

const prefixOf = (queue: string) => `{${herald.namespace}:${queue}}`;

it('lets a producer add jobs to its queue, alone and in bulk', async () => {
  const queue = new Queue('agent-actions', { connection: producer, prefix: prefixOf('agent-actions') });
  const job = () => ({ correlationId: randomUUID(), companyId: herald.company.id, body: anAction() });
  const jobs = [job(), job(), job()];
  await queue.add('record', jobs[0]);
  await queue.addBulk(jobs.slice(1).map((data) => ({ name: 'record', data })));
  const ids = jobs.map(({ correlationId }) => correlationId).sort();
  const recorded = await eventually(async () => {
    const rows = await herald.query<{ id: string }>('select id from agent_actions where id = any($1) order by id', [
      ids,
    ]);
    return rows.length === ids.length && rows;
  });
  expect(recorded.map(({ id }) => id)).toEqual(ids);
  await queue.close();
});

it('keeps it from other queues, from what others put on its own, and from the server', async () => {
  const queue = new Queue('delivery', { connection: producer, prefix: prefixOf('delivery') });
  queue.on('error', () => undefined);
  await expect(queue.add('deliver', {})).rejects.toThrow(/NOPERM|No permissions/i);
  await queue.close();
  for (const [command, ...args] of [
    ['hgetall', `${prefixOf('delivery')}:delivery:1`],
    ['hgetall', `${prefixOf('agent-actions')}:agent-actions:1`],
    ['lrange', `${prefixOf('agent-actions')}:agent-actions:wait`, '0', '-1'],
    ['rpop', `${prefixOf('agent-actions')}:agent-actions:wait`],
    ['del', `${prefixOf('delivery')}:delivery:wait`],
    ['keys', '*'],
    ['flushall'],
    ['config', 'get', '*'],
    ['publish', 'anything', 'x'],
  ]) {
    await expect(producer.call(command as string, ...args)).rejects.toThrow(/NOPERM/);
  }
});
