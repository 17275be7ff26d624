/** Measures the cost of BullMQ itself: a worker that takes jobs and does nothing. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const { REDIS_URL, QUEUE_PREFIX, JOBS_IN_FLIGHT = '50' } = process.env;

const worker = new Worker('delivery', async () => {}, {
  connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }),
  prefix: QUEUE_PREFIX,
  concurrency: Number(JOBS_IN_FLIGHT),
});
await worker.waitUntilReady();
console.log('ready');
