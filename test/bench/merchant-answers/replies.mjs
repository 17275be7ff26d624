/** Replies over pub/sub on a private channel, each to the caller that waits for the job with its id. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

export async function openReplies(redisUrl) {
  const subscriber = new Redis(redisUrl);
  const replyTo = `bench:replies:${randomUUID()}`;
  const waiting = new Map();
  await subscriber.subscribe(replyTo);
  subscriber.on('message', (_, message) => {
    const { id, verdict } = JSON.parse(message);
    waiting.get(id)?.(verdict);
    waiting.delete(id);
  });
  return { replyTo, verdictOf: (id) => new Promise((resolve) => waiting.set(id, resolve)) };
}
