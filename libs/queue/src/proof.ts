import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { TRANSPORT_KEY, type Transport } from './job-run.js';
import type { QueuedJob } from './queued-job.js';

/** Place of a job: its queue's prefix, its name and its id. A proof is valid only in this place. */
type Place = readonly [prefix: string, name: string, jobId: string];

/** The end of a signed job's data, which contains the proof. */
const PROOF = /,?"proof":"([\w-]{43})"\}\}$/;
const MAX_END = 64;
const MARK = /^(\d{1,19})\.([\w-]{43})$/;

/**
 * Proof that a job is a gateway's: an HMAC over its place and all of its data, with a secret that producers lack. A
 * producer with write access to the queue can copy such a job but cannot change it.
 */
export class Proofs {
  private readonly keys: KeyObject[];

  /** Takes the secrets: the first one signs, all are accepted. */
  constructor(secrets: string[]) {
    this.keys = secrets.map((secret) => createSecretKey(Buffer.from(secret)));
  }

  /** Returns the job's data with its transport part and the proof. */
  sign(place: Place, data: object, transport: Transport): object {
    const covered = coveredBy(place, JSON.stringify({ ...data, [TRANSPORT_KEY]: transport }));
    const proof = hmac(this.keys[0] as KeyObject, covered).toString('base64url');
    return { ...data, [TRANSPORT_KEY]: { ...transport, proof } };
  }

  /** Returns true for a job with a valid proof. It does not parse the data: their text was signed. */
  verify(prefix: string, { name, id, text }: Pick<QueuedJob, 'name' | 'id' | 'text'>): boolean {
    const [end, proof] = PROOF.exec(text.slice(-MAX_END)) ?? [];
    if (!end || !proof) return false;
    const given = Buffer.from(proof, 'base64url');
    const covered = coveredBy([prefix, name, String(id)], `${text.slice(0, -end.length)}}}`);
    return this.keys.some((key) => isEqual(given, hmac(key, covered)));
  }

  /** Returns a dead letter's id with a proof that a worker wrote it into this job's hash. */
  mark(jobKey: string, letter: string): string {
    return `${letter}.${hmac(this.keys[0] as KeyObject, markedBy(jobKey, letter)).toString('base64url')}`;
  }

  /** Returns the dead letter that a mark names; undefined when the mark is invalid or another job's. */
  letterIn(jobKey: string, mark: string): string | undefined {
    const [, letter = '', proof = ''] = MARK.exec(mark) ?? [];
    const given = Buffer.from(proof, 'base64url');
    return this.keys.some((key) => isEqual(given, hmac(key, markedBy(jobKey, letter)))) ? letter : undefined;
  }
}

/** Returns the text that a mark signs. It cannot equal the text that a job's proof signs, which starts with `[`. */
const markedBy = (jobKey: string, letter: string): string => JSON.stringify({ jobKey, letter });

const coveredBy = (place: Place, data: string): string => `${JSON.stringify(place).slice(0, -1)},${data}]`;

const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const isEqual = (one: Buffer, other: Buffer) => one.length === other.length && timingSafeEqual(one, other);
