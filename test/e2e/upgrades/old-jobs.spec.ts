import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { aMessage } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import jobs from './jobs.v1.json';
import outbox from './outbox.v1.json';

let herald: Herald;
let redis: Redis;
let queues: Record<string, Queue>;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'delivery', 'agent-actions', 'merchant-answers'] });
  redis = new Redis(herald.redisUrl, { maxRetriesPerRequest: null });
  const queueOf = (name: string) => new Queue(name, { connection: redis, prefix: `{${herald.namespace}:${name}}` });
  queues = Object.fromEntries([...new Set(jobs.map(({ queue }) => queue))].map((name) => [name, queueOf(name)]));
}, 60_000);
afterAll(async () => {
  for (const queue of Object.values(queues ?? {})) await queue.close();
  redis?.disconnect();
  await herald?.stop();
});

const found = (sql: string) => eventually(async () => (await herald.query(sql))[0], 20_000);
const id = (last: number) => `0199aaaa-0000-7000-8000-00000000000${last}`;

it('works off what stood in the outbox and on the queues in the first version of the format', async () => {
  for (const { id: of, queue, job, company_id, body } of outbox) {
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at, job_id, queued_at)
       values ($1, $2, $3, $4, $5, now(), gen_random_uuid(), now())`,
      [of, queue, job, company_id, JSON.stringify(body)],
    );
  }
  for (const { queue, job, data } of jobs) {
    // A command needs what the job before it makes.
    if (job === 'set-status') await found(`select from feed_messages where id = '${id(1)}'`);
    await queues[queue]?.add(job, data);
  }
  // A job from before there were proofs cannot be distinguished from a forged one.
  await found(`select from dead_letters where correlation_id = '${id(2)}' and error like 'only a gateway%'`);
  await found(`select from feed_messages where id = '${id(3)}' and title = 'Owed'`);
  await found(`select from agent_actions where id = '${id(4)}' and title = 'Agent used a tool'`);
  await found(`select from agent_actions where id = '${id(5)}' and title = 'Owed'`);
  await found(`select from notifications where correlation_id = '${id(6)}'`);
  await found(`select from notifications where id = 123 and answer ->> 'answer' = 'Yes'`);
  await found(`select from conversations where id = 456 and lead_phone = '+4912345'`);
  expect(await herald.query('select from outbox')).toEqual([]);
  expect(await herald.query('select job from dead_letters')).toEqual([{ job: 'set-status' }]);
});

it('gives up a job of a format that it does not know yet, whole, and goes on with its neighbours', async () => {
  const [newer, known] = [2, 1].map((v) => ({
    v,
    correlationId: randomUUID(),
    companyId: herald.company.id,
    body: { ...aMessage(), ...(v === 2 ? { urgent: true } : {}) },
  }));
  await queues['delivery']?.addBulk([newer, known].map((data) => ({ name: 'deliver', data })));
  await found(`select from feed_messages where id = '${known?.correlationId}'`);
  await found(`select from dead_letters where correlation_id = '${newer?.correlationId}'`);
  const [letter] = await herald.query<{ content: string }>(
    'select content from dead_letters where correlation_id = $1',
    [newer?.correlationId],
  );
  expect(JSON.parse(letter?.content as string)).toMatchObject({ v: 2, body: { urgent: true } });
});
