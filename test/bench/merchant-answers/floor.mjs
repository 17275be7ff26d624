/**
 * The floor: the least that an answer over a queue can cost when it is stored. A bare Fastify puts a job on the queue
 * and waits for the worker's word over pub/sub; the worker writes the answer in one statement and sends its word. No
 * login, no checks, no memory of requests, no event for the sender of the question.
 * `node floor.mjs accept|work`
 */
import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { openReplies } from './replies.mjs';

const { DATABASE_URL, REDIS_URL, QUEUE_PREFIX, PORT } = process.env;

const ANSWER = `
  update notifications set status = 'answered', answer = $3, answer_id = $4, updated_at = now()
   where id = $1 and merchant_id = $2 and status = 'requested'`;

async function accept() {
  const queue = new Queue('answers', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX });
  const { replyTo, verdictOf } = await openReplies(REDIS_URL);
  const server = Fastify();
  server.post('/api/v1/notification/:id/answer', async ({ params, body }, reply) => {
    const jobId = randomUUID();
    const answered = verdictOf(jobId);
    const data = { merchantId: 1, notificationId: Number(params.id), body, replyTo };
    await queue.add('answer', data, { jobId, removeOnComplete: { age: 60 } });
    const { stored } = await answered;
    reply.code(stored ? 200 : 500);
    return { message: stored ? 'Notification answered successfully' : 'Not answered' };
  });
  await server.listen({ port: Number(PORT), host: '127.0.0.1' });
}

async function work() {
  const pool = new pg.Pool({ connectionString: DATABASE_URL });
  const replies = new Redis(REDIS_URL);
  const worker = new Worker(
    'answers',
    async ({ id, data }) => {
      const values = [data.notificationId, data.merchantId, data.body, id];
      const { rowCount } = await pool.query({ name: 'answer', text: ANSWER, values });
      void replies.publish(data.replyTo, JSON.stringify({ id, verdict: { stored: rowCount === 1 } }));
    },
    { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), prefix: QUEUE_PREFIX, concurrency: 100 },
  );
  await worker.waitUntilReady();
}

await (process.argv[2] === 'accept' ? accept() : work());
console.log('ready');
