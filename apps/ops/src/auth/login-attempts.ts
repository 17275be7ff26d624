import { LRUCache } from 'lru-cache';

const WINDOW_MS = 5 * 60_000;
/** Failed logins allowed within the window. */
const MAX_OF_NAME_FROM_ADDRESS = 10;
const MAX_FROM_ADDRESS = 50;
const MAX_OF_NAME = 200;
/** Names, addresses or pairs counted at the same time. */
const MAX_COUNTED = 10_000;

const KNOWN_PAIRS = 1000;
const KNOWN_FOR_MS = 30 * 24 * 3_600_000;

/** A limit of failed logins that was reached, and the time until the next attempt. */
export interface TooMany {
  of: string;
  retryAfterSeconds: number;
}

/**
 * Logins that failed within the last minutes, with three limits: per name and address, which stops guessing; per
 * address, which many people may share; and per name. The last two do not apply to a name that has logged in from this
 * address before. Unknown names count like known ones.
 */
export class LoginAttempts {
  private readonly ofPair = new Window(MAX_OF_NAME_FROM_ADDRESS);
  private readonly fromAddress = new Window(MAX_FROM_ADDRESS);
  private readonly ofName = new Window(MAX_OF_NAME);
  private readonly knownPairs = new LRUCache<string, true>({ max: KNOWN_PAIRS, ttl: KNOWN_FOR_MS });

  /**
   * Counts an attempt before its outcome is known, so that parallel attempts cannot bypass the limit. Refused ones do
   * not count.
   */
  begin(name: string, address: string): TooMany | undefined {
    const pair = pairOf(name, address);
    const refused =
      this.ofPair.refuses(pair, 'with this name from this address') ??
      (this.knownPairs.has(pair)
        ? undefined
        : (this.fromAddress.refuses(address, 'from this address') ?? this.ofName.refuses(name, 'with this name')));
    if (refused) return refused;
    for (const [window, key] of this.windowsFor(name, address)) window.add(key, 1);
    return undefined;
  }

  /** Forgets the failures of this name from this address, and nothing else. */
  succeeded(name: string, address: string): void {
    this.cancel(name, address);
    const pair = pairOf(name, address);
    this.ofPair.forget(pair);
    this.knownPairs.set(pair, true);
  }

  /** Stops counting an attempt that was not completed. */
  cancel(name: string, address: string): void {
    for (const [window, key] of this.windowsFor(name, address)) window.add(key, -1);
  }

  private windowsFor(name: string, address: string): [Window, string][] {
    return [
      [this.ofPair, pairOf(name, address)],
      [this.fromAddress, address],
      [this.ofName, name],
    ];
  }
}

const pairOf = (name: string, address: string) => `${address} ${name}`;

/** Counts by key. The window of a key opens with its first count. */
class Window {
  private readonly counts = new LRUCache<string, number>({ max: MAX_COUNTED, ttl: WINDOW_MS, noUpdateTTL: true });

  constructor(private readonly max: number) {}

  refuses(key: string, of: string): TooMany | undefined {
    if ((this.counts.get(key) ?? 0) < this.max) return undefined;
    return { of, retryAfterSeconds: Math.max(1, Math.ceil(this.counts.getRemainingTTL(key) / 1000)) };
  }

  add(key: string, number: number): void {
    this.counts.set(key, Math.max(0, (this.counts.get(key) ?? 0) + number));
  }

  forget(key: string): void {
    this.counts.delete(key);
  }
}
