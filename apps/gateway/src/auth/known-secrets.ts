import { Database } from '@herald/database';
import { Injectable } from '@nestjs/common';

/** Bytes of a hash that are known. */
const WIDTH = 8;
const LOAD_EVERY_MS = 250;
const FRESH_MS = 2000;
/** Loading takes at most this part of the time, however many secrets there are. */
const PART_OF_TIME = 20;
const LOAD_AT_LEAST_EVERY_MS = 10_000;

/**
 * Tells right secrets from guesses without a look-up for each, for addresses from which too many logins failed. A guess at
 * an id that exists and one at an id that nobody has are told alike.
 */
@Injectable()
export class KnownSecrets {
  /** The beginnings of all hashes, in order. */
  private known: Buffer = Buffer.alloc(0);
  private loading?: Promise<void>;
  private loadAgainAt = -Infinity;
  private freshUntil = -Infinity;

  constructor(private readonly database: Database) {}

  /** Whether a secret with this hash is valid, or was a moment ago. */
  async has(hash: Buffer): Promise<boolean> {
    const now = performance.now();
    if (now < this.freshUntil && this.find(hash)) return true;
    // It may have been made, or revoked, since.
    if (this.loading || now >= this.loadAgainAt) await (this.loading ??= this.load());
    return this.find(hash);
  }

  private async load(): Promise<void> {
    const startedAt = performance.now();
    try {
      const [row] = await this.database.query<{ known: Buffer }>('select fingerprints_of_secrets() as known');
      this.known = row?.known ?? this.known;
      this.freshUntil = performance.now() + FRESH_MS;
    } catch {
      // What is known goes on holding: each right secret is looked up all the same.
    } finally {
      const tookMs = performance.now() - startedAt;
      const restMs = Math.min(LOAD_AT_LEAST_EVERY_MS, tookMs * PART_OF_TIME);
      this.loadAgainAt = performance.now() + Math.max(LOAD_EVERY_MS, restMs);
      this.loading = undefined;
    }
  }

  private find(hash: Buffer): boolean {
    let [from, to] = [0, this.known.length / WIDTH];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = this.known.compare(hash, 0, WIDTH, middle * WIDTH, (middle + 1) * WIDTH);
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  }
}
