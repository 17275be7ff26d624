/** A process of its own: callers of the bare worker. Reads its plan as JSON. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { measure } from './callers.mjs';

const { REDIS_URL, QUEUE_PREFIX, callers, seconds } = JSON.parse(readFileSync(0, 'utf8'));
const queue = new Queue('bare', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX });
const subscriber = new Redis(REDIS_URL);
const replyTo = `bench:replies:${randomUUID()}`;
const waiting = new Map();
await subscriber.subscribe(replyTo);
subscriber.on('message', (_, message) => {
  const { id, verdict } = JSON.parse(message);
  waiting.get(id)?.(verdict);
  waiting.delete(id);
});

await measure(callers, seconds, () => {
  const jobId = randomUUID();
  const body = { answer: 'Yes, we ship worldwide with 5-10 day delivery' };
  return new Promise((resolve, reject) => {
    waiting.set(jobId, resolve);
    const options = { jobId, removeOnComplete: { age: 60 } };
    queue
      .add('answer', { correlationId: jobId, merchantId: 1, notificationId: 1, body, replyTo }, options)
      .catch(reject);
  });
});
process.exit();
