import { randomUUID } from 'node:crypto';
import { ACTION_STATEMENTS, assignJobs, FEED_STATEMENTS } from '@herald/database';
import { Pool } from 'pg';
import { packJobs } from '../../../apps/gateway/src/outbox/outbox-message.js';
import { anAction } from '../../support/actions.js';
import { comparisonsOf } from '../../support/plans.js';
import { type FreshDatabase, freshDatabase } from '../../support/servers.js';

const COMPANY = '123e4567-e89b-12d3-a456-426614174001';
const MESSAGES = 2000;
const A_JOB = 200;

let fresh: FreshDatabase;
let pool: Pool;
let ids: string[];

/** As after a quiet night: the outbox was nearly empty when it was last analysed, and now messages come. */
beforeEach(async () => {
  fresh = await freshDatabase();
  pool = new Pool({ connectionString: fresh.url, max: 1 });
  await pool.query(`insert into companies (id, name) values ('${COMPANY}', 'Busy')`);
  await owe('delivery', message, 10);
  await pool.query('vacuum analyze outbox');
  await pool.query('delete from outbox');
});
afterEach(async () => {
  await pool?.end();
  await fresh?.drop();
});

async function owe(queue: string, body: unknown, messages = MESSAGES) {
  ids = Array.from({ length: messages }, () => randomUUID());
  await pool.query(
    `insert into outbox (id, queue, job, company_id, body, accepted_at)
     select id, $1, 'any', '${COMPANY}', $2, now() from unnest($3::uuid[]) id`,
    [queue, body, ids],
  );
}

const action = () => anAction({ recipients: [{ id: randomUUID(), email: 'dana@example.com', name: 'Dana' }] });
const message = { message: { title: 't', body: 'b', authorLogin: 'ann', recipientLogin: 'bob' } };
const aJob = () => [ids.slice(0, A_JOB), new Date(), new Date()];

describe('work on what is owed, with statistics from when little was', () => {
  it('notes the jobs of many messages without comparing each with each', async () => {
    await owe('agent-actions', action());
    const rows = ids.map((id) => ({ id, queue: 'agent-actions' }));
    const jobs = packJobs(rows, A_JOB, randomUUID);
    const compared = await comparisonsOf(fresh.url, (database) => database.feeding((tx) => assignJobs(tx, jobs)));
    expect(compared).toBeLessThanOrEqual(MESSAGES);
    const { rows: noted } = await pool.query('select id, job_id from outbox');
    expect(new Map(noted.map(({ id, job_id }) => [id, job_id]))).toEqual(
      new Map(jobs.flatMap(({ jobId, ids: carried }) => carried.map((id) => [id, jobId]))),
    );
  });

  it.each([
    ['agent-actions', 'herald_agent_actions', ACTION_STATEMENTS.moveOwed, action()],
    ['delivery', 'herald_delivery', FEED_STATEMENTS.moveOwed, message],
  ])('moves the messages of a job of %s without comparing each with each', async (queue, role, statement, body) => {
    await owe(queue, body);
    const compared = await comparisonsOf(
      fresh.url,
      (database) => database.transaction((tx) => tx.query(statement, aJob())),
      role,
    );
    expect(compared).toBeLessThanOrEqual(A_JOB);
    expect((await pool.query('select count(*)::int as n from outbox')).rows).toEqual([{ n: MESSAGES - A_JOB }]);
  });

  it('would notice a join that compares each with each', async () => {
    await owe('agent-actions', action());
    const compared = await comparisonsOf(fresh.url, (database) =>
      database.feeding((tx) =>
        tx.query(
          `with owed as materialized (select id from outbox where id = any($1::uuid[]) and queue = 'agent-actions')
           select from owed one join owed other using (id)`,
          [ids],
        ),
      ),
    );
    expect(compared).toBeGreaterThan(MESSAGES * 100);
  });
});
