import { LRUCache } from 'lru-cache';

const WINDOW_MS = 5 * 60_000;
const MAX_FAILED = 10;
const MAX_ADDRESSES = 10_000;

/** Logins that failed lately, by the address they came from. */
export class FailedLogins {
  /** The window opens with the first failure. */
  private readonly attempts = new LRUCache<string, number>({ max: MAX_ADDRESSES, ttl: WINDOW_MS, noUpdateTTL: true });

  /** Counted before it is known how it ends, so that many at once are no way around. */
  begin(address: string): { allowed: boolean; retryAfterSeconds: number } {
    const attempts = (this.attempts.get(address) ?? 0) + 1;
    this.attempts.set(address, attempts);
    const leftMs = this.attempts.getRemainingTTL(address);
    return { allowed: attempts <= MAX_FAILED, retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)) };
  }

  succeeded(address: string): void {
    this.attempts.delete(address);
  }
}
