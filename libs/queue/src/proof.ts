import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { TRANSPORT_KEY, type Transport } from './job-run.js';
import type { QueuedJob } from './queued-job.js';

/** Place of a job: its queue's prefix, its name and its id. Moved elsewhere, a job loses its proof. */
type Place = readonly [prefix: string, name: string, jobId: string];

/** The end of a signed job's data, where its proof stands. */
const PROOF = /,?"proof":"([\w-]{43})"\}\}$/;
const MAX_END = 64;
const MARK = /^(\d{1,19})\.([\w-]{43})$/;

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
    const covered = coveredBy(place, JSON.stringify({ ...data, [TRANSPORT_KEY]: transport }));
    const proof = hmac(this.keys[0] as KeyObject, covered).toString('base64url');
    return { ...data, [TRANSPORT_KEY]: { ...transport, proof } };
  }

  /** True for a job that has a proof, of this very job. The data are not read: their text is what was signed. */
  hold(prefix: string, { name, id, text }: Pick<QueuedJob, 'name' | 'id' | 'text'>): boolean {
    const [end, proof] = PROOF.exec(text.slice(-MAX_END)) ?? [];
    if (!end || !proof) return false;
    const given = Buffer.from(proof, 'base64url');
    const covered = coveredBy([prefix, name, String(id)], `${text.slice(0, -end.length)}}}`);
    return this.keys.some((key) => isEqual(given, hmac(key, covered)));
  }

  /** A dead letter's id with a proof that a worker noted it in this job's hash. */
  mark(jobKey: string, letter: string): string {
    return `${letter}.${hmac(this.keys[0] as KeyObject, markedBy(jobKey, letter)).toString('base64url')}`;
  }

  /** The dead letter that a mark names; undefined when it is nobody's mark, or another job's. */
  letterIn(jobKey: string, mark: string): string | undefined {
    const [, letter = '', proof = ''] = MARK.exec(mark) ?? [];
    const given = Buffer.from(proof, 'base64url');
    return this.keys.some((key) => isEqual(given, hmac(key, markedBy(jobKey, letter)))) ? letter : undefined;
  }
}

/** No covered data of a job begin like this. */
const markedBy = (jobKey: string, letter: string): string => JSON.stringify({ jobKey, letter });

const coveredBy = (place: Place, data: string): string => `${JSON.stringify(place).slice(0, -1)},${data}]`;

const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const isEqual = (one: Buffer, other: Buffer) => one.length === other.length && timingSafeEqual(one, other);
