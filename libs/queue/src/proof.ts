import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Job } from 'bullmq';
import { TRANSPORT_KEY, type Transport } from './job-run.js';

/** Place of a job: its queue's prefix, its name and its id. Moved elsewhere, a job loses its proof. */
type Place = readonly [prefix: string, name: string, jobId: string];

/**
 * Proof that a job is a gateway's: an HMAC over its place and all of its data, under a secret that producers lack. Whoever
 * may write to a queue can copy such a job, and can change nothing of it.
 */
export class Proofs {
  private readonly keys: KeyObject[];

  /** Signs with the first secret and accepts each of them. */
  constructor(secrets: string[]) {
    this.keys = secrets.map((secret) => createSecretKey(Buffer.from(secret)));
  }

  /** The job's data with its transport part, proof included. */
  sign(place: Place, data: object, transport: Transport): object {
    const covered = coveredBy(place, { ...data, [TRANSPORT_KEY]: transport });
    const proof = hmac(this.keys[0] as KeyObject, covered).toString('base64url');
    return { ...data, [TRANSPORT_KEY]: { ...transport, proof } };
  }

  /** True for a job that has a proof, of this very job. */
  hold(prefix: string, { name, id, data }: Job): boolean {
    const { proof, ...transport } = Object(Object(data)[TRANSPORT_KEY]) as Transport;
    if (typeof proof !== 'string') return false;
    const given = Buffer.from(proof, 'base64url');
    try {
      const covered = coveredBy([prefix, name, String(id)], { ...(data as object), [TRANSPORT_KEY]: transport });
      return this.keys.some((key) => isEqual(given, hmac(key, covered)));
    } catch (error) {
      // No gateway nests as deep as JSON cannot be written.
      if (error instanceof RangeError) return false;
      throw error;
    }
  }
}

/** Parsed JSON is written again as it was, so that both ends cover the same text. */
const coveredBy = (place: Place, data: object): string => JSON.stringify([...place, data]);

const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const isEqual = (one: Buffer, other: Buffer) => one.length === other.length && timingSafeEqual(one, other);
