import { LRUCache } from 'lru-cache';

const WINDOW_MS = 5 * 60_000;
/** How many logins may fail within the window, of so many names, addresses or pairs of them. */
const MAX_OF_NAME_FROM_ADDRESS = 10;
const MAX_FROM_ADDRESS = 50;
const MAX_OF_NAME = 200;
const MAX_COUNTED = 10_000;

const KNOWN_PAIRS = 1000;
const KNOWN_FOR_MS = 30 * 24 * 3_600_000;

/** What there were too many failed logins of, and for how long no other is tried. */
export interface TooMany {
  of: string;
  retryAfterSeconds: number;
}

/**
 * Logins that failed within the last minutes: of a name from one address, which is what guessing looks like; from one
 * address, where many people may be; and of a name from anywhere. The last two do not keep out those who have logged in
 * from their address before. Names that nobody has count like others.
 */
export class FailedLogins {
  private readonly ofPair = new Window(MAX_OF_NAME_FROM_ADDRESS);
  private readonly fromAddress = new Window(MAX_FROM_ADDRESS);
  private readonly ofName = new Window(MAX_OF_NAME);
  private readonly knownPairs = new LRUCache<string, true>({ max: KNOWN_PAIRS, ttl: KNOWN_FOR_MS });

  /** Counts an attempt before it is known how it ends, so that many at once are no way around. Counts no refused one. */
  begin(name: string, address: string): TooMany | undefined {
    const pair = pairOf(name, address);
    const refused =
      this.ofPair.refuses(pair, 'with this name from this address') ??
      (this.knownPairs.has(pair)
        ? undefined
        : (this.fromAddress.refuses(address, 'from this address') ?? this.ofName.refuses(name, 'with this name')));
    if (refused) return refused;
    for (const [window, key] of this.countedFor(name, address)) window.add(key, 1);
    return undefined;
  }

  /** Forgets what failed before with this name from this address, and nothing else. */
  succeeded(name: string, address: string): void {
    this.untried(name, address);
    const pair = pairOf(name, address);
    this.ofPair.forget(pair);
    this.knownPairs.set(pair, true);
  }

  /** Takes an attempt back that came to nothing. */
  untried(name: string, address: string): void {
    for (const [window, key] of this.countedFor(name, address)) window.add(key, -1);
  }

  private countedFor(name: string, address: string): [Window, string][] {
    return [
      [this.ofPair, pairOf(name, address)],
      [this.fromAddress, address],
      [this.ofName, name],
    ];
  }
}

const pairOf = (name: string, address: string) => `${address} ${name}`;

/** Counts by key; the window of a key opens with its first. */
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
