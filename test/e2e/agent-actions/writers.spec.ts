import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { compareCounters, Database } from '@herald/database';
import { Queue } from 'bullmq';
import { Actions, anAction, aPerson, counterDifferences } from '../../support/actions.js';
import { eventually } from '../../support/eventually.js';
import { Herald } from '../../support/herald.js';
import { redisAt } from '../../support/redis.js';

let herald: Herald;
let actions: Actions;
let redis: ReturnType<typeof redisAt>;
let queue: Queue;
beforeAll(async () => {
  // Two workers with 25 connections each: fifty transactions at once.
  const env = { DATABASE_POOL_SIZE: '25' };
  herald = await Herald.start({ services: ['gateway', 'agent-actions'], env });
  await herald.startService('agent-actions', {}, 'second worker');
  actions = new Actions(herald);
  redis = redisAt(herald.redisUrl);
  queue = new Queue('agent-actions', { connection: redis, prefix: `{${herald.namespace}:agent-actions}` });
}, 60_000);
afterAll(async () => {
  await queue?.close();
  redis?.disconnect();
  await herald?.stop();
});

const aJob = (fields = {}) => ({
  correlationId: randomUUID(),
  companyId: herald.company.id,
  body: anAction(fields),
});
const givenUp = (id: string) =>
  eventually(async () => {
    const found = await herald.query<{ error: string }>('select error from dead_letters where correlation_id = $1', [
      id,
    ]);
    return found.length > 0 && found;
  });
const noDifferences = async () => expect(await counterDifferences(herald.databaseUrl)).toEqual([]);

/** The program of apps/agent-actions/README.md, word for word but for the body's values. */
const PRODUCER = `
const { Queue } = require('bullmq');
const { randomUUID } = require('node:crypto');

const queue = new Queue('agent-actions', {
  prefix: process.env.PREFIX ?? '{herald:agent-actions}',
  connection: { url: process.env.REDIS_URL },
});
const job = {
  correlationId: process.argv[2] ?? randomUUID(),
  companyId: process.env.COMPANY_ID,
  body: JSON.parse(process.argv[3]),
};
queue.add('record', job).then(() => queue.close());
`;
/** As it becomes for a cluster, of which it is given one node. */
const ON_CLUSTER = `
const { Cluster } = require('ioredis');
const url = process.env.REDIS_URL;
const connection = new Cluster([url], { redisOptions: { password: new URL(url).password } });
${PRODUCER.replace('connection: { url: process.env.REDIS_URL }', 'connection').replace(
  'queue.close()',
  'queue.close().then(() => connection.disconnect())',
)}`;

describe('a producer that is not part of Herald', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'producer-'));
    const isCluster = herald.redisUrl.startsWith('redis+cluster:');
    await writeFile(join(folder, 'producer.cjs'), isCluster ? ON_CLUSTER : PRODUCER);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const produce = (id: string, body: unknown) =>
    promisify(execFile)(process.execPath, [join(folder, 'producer.cjs'), id, JSON.stringify(body)], {
      env: {
        NODE_PATH: resolve(__dirname, '../../../node_modules'),
        REDIS_URL: herald.redisUrl.replace('redis+cluster:', 'redis:').replace(/,.*/, ''),
        COMPANY_ID: herald.company.id,
        PREFIX: `{${herald.namespace}:agent-actions}`,
      },
    });

  it('puts a job on the queue, and the action appears', async () => {
    const id = randomUUID();
    await produce(id, anAction({ title: 'From elsewhere', metadata: { agent_id: 'elsewhere' } }));
    expect(await actions.recorded(id)).toMatchObject({ id, title: 'From elsewhere' });
    const { body } = await actions.get('?agent_id=elsewhere');
    expect(body.total).toBe(1);
  }, 30_000);

  it('makes a dead letter of a malformed job, which harms nobody', async () => {
    const [bad, good] = [randomUUID(), randomUUID()];
    await produce(bad, { notification_type: 'Nonsense' });
    await produce(good, anAction());
    const [letter] = await givenUp(bad);
    expect(letter?.error).toContain('title');
    await actions.recorded(good);
    await noDifferences();
  }, 30_000);
});

describe('jobs that an internal service puts on the queue itself', () => {
  it('are recorded once each, however often they come', async () => {
    const jobs = [aJob({ recipients: [aPerson()] }), aJob()];
    await queue.addBulk(Array.from({ length: 60 }, (_, n) => ({ name: 'record', data: jobs[n % 2] })));
    await eventually(async () => {
      const { waiting = 1, active = 1 } = await queue.getJobCounts('waiting', 'active');
      return waiting + active === 0;
    });
    for (const { correlationId } of jobs) {
      await actions.recorded(correlationId);
      expect(await herald.query('select id from dead_letters where correlation_id = $1', [correlationId])).toEqual([]);
    }
    await noDifferences();
  });

  it('are dead letters when their correlationId is in use for other content, or by another company', async () => {
    const job = aJob();
    await queue.add('record', job);
    const first = await actions.recorded(job.correlationId);
    await queue.add('record', { ...job, body: anAction({ title: 'other' }) });
    await queue.add('record', { ...job, companyId: herald.otherCompany.id });
    await eventually(async () => (await givenUp(job.correlationId)).length === 2);
    expect(await actions.recorded(job.correlationId)).toEqual(first);
  });

  it('are dead letters for a company that nobody knows, and their neighbours are recorded', async () => {
    const [lost, ...others] = [aJob(), aJob(), aJob()];
    await queue.addBulk([{ ...lost, companyId: randomUUID() }, ...others].map((data) => ({ name: 'record', data })));
    expect(await givenUp((lost as any).correlationId)).toHaveLength(1);
    for (const { correlationId } of others) {
      expect(await actions.recorded(correlationId)).toMatchObject({ id: correlationId });
    }
  });
});

describe('an owed action', () => {
  it('that is in the log already, word for word, is not owed any more', async () => {
    const job = aJob({ sender: aPerson(), recipients: [aPerson()], expires_at: '2030-01-01T00:00:00.000Z' });
    await queue.add('record', job);
    await actions.recorded(job.correlationId);
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, 'agent-actions', 'record', $2, $3, now())`,
      [job.correlationId, job.companyId, job.body],
    );
    await eventually(async () => (await herald.query('select from outbox')).length === 0);
    expect(await herald.query('select from dead_letters where correlation_id = $1', [job.correlationId])).toEqual([]);
  });

  it('whose id another content has is given up', async () => {
    const job = aJob();
    await queue.add('record', job);
    await actions.recorded(job.correlationId);
    await herald.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at) values ($1, 'agent-actions', 'record', $2, $3, now())`,
      [job.correlationId, job.companyId, anAction({ title: 'other' })],
    );
    expect(await givenUp(job.correlationId)).toHaveLength(1);
  });
});

/** Contract, A: Derived status. */
function derivedOf(recipients: { status: string }[]): string {
  if (recipients.every(({ status }) => status === 'archived')) return 'archived';
  return recipients.some(({ status }) => status === 'unread') ? 'unread' : 'read';
}

describe('fifty writers at once', () => {
  it('leave no deadlock, no job unfinished, and counters that a recount confirms at any moment', async () => {
    const people = [aPerson(), aPerson(), aPerson()];
    const agents = ['one', 'two'];
    const targets = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        actions.record({ metadata: { agent_id: agents[n % 2] }, recipients: people, sender: people[0] }),
      ),
    );
    const statuses = ['unread', 'read', 'archived'];
    const some = <T>(values: T[]) => values[Math.floor(Math.random() * values.length)] as T;
    const duplicates = Array.from({ length: 20 }, () => aJob({ recipients: people, metadata: { agent_id: 'one' } }));
    let writing = true;

    const database = new Database({
      url: herald.databaseUrl,
      applicationName: 'test-recount',
      poolSize: 1,
      statementTimeoutMs: 300_000,
    });
    // Once all write, a new connection may take longer than a client waits for it.
    expect(await compareCounters(database)).toEqual([]);
    const recounts = (async () => {
      let count = 0;
      for (; writing; count++) expect(await compareCounters(database)).toEqual([]);
      await database.close();
      return count;
    })();
    // On a machine that has no time an answer may come too late: then a client asks again under the same key.
    const settle = async (id: string, user: string, body: object) => {
      const headers = { 'idempotency-key': randomUUID() };
      let { status } = await actions.setStatus(id, user, body, headers);
      while (status === 504) ({ status } = await actions.setStatus(id, user, body, headers));
      expect(status).toBe(200);
    };
    const accept = async (body: object) => expect((await actions.post(body)).status).toBe(202);
    const writers = Array.from({ length: 50 }, async (_, n) => {
      for (let round = 0; round < 12; round++) {
        if (n % 5 === 0) {
          const shuffled = [...people]
            .sort(() => Math.random() - 0.5)
            .map((person) => ({ ...person, name: `${n} ${round}` }));
          await accept(anAction({ recipients: shuffled, metadata: { agent_id: some(agents) } }));
        } else if (n % 5 === 1) {
          await queue.addBulk([some(duplicates), some(duplicates)].map((data) => ({ name: 'record', data })));
        } else {
          await settle(some(targets).id, some(people).id, { status: some(statuses) });
        }
      }
    });
    await Promise.all(writers);
    await eventually(async () => {
      const { waiting = 1, active = 1, delayed = 1 } = await queue.getJobCounts('waiting', 'active', 'delayed');
      return waiting + active + delayed === 0 && (await herald.query('select from outbox')).length === 0;
    }, 30_000);
    writing = false;
    expect(await recounts).toBeGreaterThan(0);
    await noDifferences();
    const [{ deadlocks } = {}] = await herald.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    expect(Number(deadlocks)).toBe(0);

    const details = await Promise.all(targets.map(async ({ id }) => (await actions.get(`/${id}`)).body));
    expect(details.map(({ status }) => status)).toEqual(details.map(({ recipients }) => derivedOf(recipients)));
  }, 120_000);
});
