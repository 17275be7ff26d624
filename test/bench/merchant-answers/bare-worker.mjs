/** The least an answer over a queue can cost: a worker that replies over pub/sub and does nothing else. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const { REDIS_URL, QUEUE_PREFIX } = process.env;
const replies = new Redis(REDIS_URL);

const worker = new Worker(
  'bare',
  async ({ id, data }) => {
    void replies.publish(
      data.replyTo,
      JSON.stringify({ id, verdict: { message: 'Notification answered successfully' } }),
    );
  },
  { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), prefix: QUEUE_PREFIX, concurrency: 100 },
);
await worker.waitUntilReady();
console.log('ready');
