/** A process of its own: callers of the bare worker. Reads its plan as JSON. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { measure } from './callers.mjs';
import { openReplies } from './replies.mjs';

const { REDIS_URL, QUEUE_PREFIX, callers, seconds } = JSON.parse(readFileSync(0, 'utf8'));
const queue = new Queue('bare', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX });
const { replyTo, verdictOf } = await openReplies(REDIS_URL);

await measure(callers, seconds, async () => {
  const jobId = randomUUID();
  const body = { answer: 'Yes, we ship worldwide with 5-10 day delivery' };
  const options = { jobId, removeOnComplete: { age: 60 } };
  const verdict = verdictOf(jobId);
  await queue.add('answer', { correlationId: jobId, merchantId: 1, notificationId: 1, body, replyTo }, options);
  await verdict;
});
process.exit();
