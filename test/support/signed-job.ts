import { randomUUID } from 'node:crypto';
import { prefixOf, Proofs } from '@herald/queue';
import { QUEUE_SECRET } from './herald.js';

/** A job as a gateway puts it on a queue, for BullMQ's `add` or `addBulk`. */
export function signedJob(
  namespace: string,
  queue: string,
  name: string,
  data: object,
  { jobId = randomUUID(), ...transport }: { jobId?: string; replyTo?: string; deadline?: number; alone?: boolean } = {},
) {
  const signed = new Proofs([QUEUE_SECRET]).sign([prefixOf(queue, namespace), name, jobId], data, transport);
  return { name, data: signed, opts: { jobId } };
}
