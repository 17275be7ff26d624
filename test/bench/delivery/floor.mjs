/**
 * The floor: the least that Herald's promise can cost. A bare Fastify commits the rows of concurrent requests
 * together, answers, and publishes one job of ids per commit; the worker moves a job's rows from outbox to feed in
 * one statement. No authentication, no validation, nothing is swept up after a crash.
 * `node floor.mjs accept|work`
 */
import { Queue, Worker } from 'bullmq';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { v7 as uuid } from 'uuid';

const { DATABASE_URL, REDIS_URL, QUEUE_PREFIX, COMPANY_ID, PORT, POOL_SIZE } = process.env;
const MESSAGES_PER_COMMIT = 200;
/** While one commit waits for the disk the next one fills: one in flight makes the largest commits. */
const COMMITS_IN_FLIGHT = Number(process.env.COMMITS_IN_FLIGHT ?? 1);
const JOBS_IN_FLIGHT = Number(process.env.JOBS_IN_FLIGHT ?? 4);

const ACCEPT = `
  insert into outbox (id, queue, job, company_id, body, accepted_at, job_id, queued_at)
  select id, 'delivery', 'deliver', $3, body, now(), $4, now() from unnest($1::uuid[], $2::jsonb[]) as m(id, body)`;

const DELIVER = `
  with taken as (delete from outbox where id = any($1::uuid[]) returning *)
  insert into feed_messages (id, company_id, title, body, author_login, recipient_login, question, metadata,
    created_at, accepted_at, queued_at, started_at)
  select t.id, company_id, title, m.body, "authorLogin", "recipientLogin", question, t.body -> 'metadata',
         accepted_at, accepted_at, queued_at, now()
    from taken t, jsonb_to_record(t.body -> 'message')
      as m(title text, body text, "authorLogin" text, "recipientLogin" text, question text)`;

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });

async function accept() {
  const queue = new Queue('delivery', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX });
  const waiting = [];
  let commitsInFlight = 0;

  async function commitWaiting() {
    commitsInFlight++;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MESSAGES_PER_COMMIT);
      const ids = batch.map(({ id }) => id);
      const bodies = batch.map(({ body }) => JSON.stringify(body));
      const jobId = uuid();
      await pool.query({ name: 'accept', text: ACCEPT, values: [ids, bodies, COMPANY_ID, jobId] });
      for (const { committed } of batch) committed();
      void queue.add('owed', { ids }, { jobId, removeOnComplete: true });
    }
    commitsInFlight--;
  }

  const server = Fastify();
  server.post('/v1/feed/ai', async (request, reply) => {
    const id = uuid();
    await new Promise((committed) => {
      waiting.push({ id, body: request.body, committed });
      if (commitsInFlight < COMMITS_IN_FLIGHT) void commitWaiting();
    });
    reply.code(202);
    return { correlationId: id };
  });
  await server.listen({ port: Number(PORT), host: '127.0.0.1' });
}

async function work() {
  const worker = new Worker(
    'delivery',
    async ({ data }) => {
      await pool.query({ name: 'deliver', text: DELIVER, values: [data.ids] });
    },
    {
      connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }),
      prefix: QUEUE_PREFIX,
      concurrency: JOBS_IN_FLIGHT,
    },
  );
  await worker.waitUntilReady();
}

await (process.argv[2] === 'accept' ? accept() : work());
console.log('ready');
