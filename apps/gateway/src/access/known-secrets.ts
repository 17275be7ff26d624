import { Database, fingerprintsOfSecrets } from '@herald/database';
import { Injectable } from '@nestjs/common';

/** Bytes of each hash that are compared. */
const PREFIX_BYTES = 8;
const MIN_REST_MS = 250;
const FRESH_MS = 2000;
/** Between two loads passes at least this multiple of the time that a load takes, however many secrets there are. */
const REST_FACTOR = 20;
const MAX_REST_MS = 10_000;

/**
 * Distinguishes valid secrets from guesses without one query per attempt, for addresses with too many failed logins.
 * The result is the same whether or not the guessed id exists.
 */
@Injectable()
export class KnownSecrets {
  /** Sorted prefixes of all hashes. */
  private known: Buffer = Buffer.alloc(0);
  private loading?: Promise<void>;
  private loadAgainAt = -Infinity;
  private freshUntil = -Infinity;

  constructor(private readonly database: Database) {}

  /** Returns whether a secret with this hash is valid, or was a moment ago. */
  async has(hash: Buffer): Promise<boolean> {
    const now = performance.now();
    if (now < this.freshUntil && this.find(hash)) return true;
    // The credential may have been created or revoked since.
    if (this.loading || now >= this.loadAgainAt) await (this.loading ??= this.load());
    return this.find(hash);
  }

  private async load(): Promise<void> {
    const startedAt = performance.now();
    try {
      this.known = (await fingerprintsOfSecrets(this.database)) ?? this.known;
      this.freshUntil = performance.now() + FRESH_MS;
    } catch {
      // The last known list stays in use: each secret in it is still looked up.
    } finally {
      const tookMs = performance.now() - startedAt;
      const restMs = Math.min(MAX_REST_MS, tookMs * REST_FACTOR);
      this.loadAgainAt = performance.now() + Math.max(MIN_REST_MS, restMs);
      this.loading = undefined;
    }
  }

  private find(hash: Buffer): boolean {
    let [from, to] = [0, this.known.length / PREFIX_BYTES];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = this.known.compare(hash, 0, PREFIX_BYTES, middle * PREFIX_BYTES, (middle + 1) * PREFIX_BYTES);
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  }
}
