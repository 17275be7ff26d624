import { LRUCache } from 'lru-cache';
import type { Quota, Standing, Taken } from './quota.js';

interface Window {
  spent: number;
  endsAt: number;
}

const MAX_WINDOWS = 100_000;

/** The windows of one process. With too many callers the least recently used are dropped. */
export class LocalWindows {
  private readonly windows = new LRUCache<string, Window>({ max: MAX_WINDOWS });

  /** Returns whether every window has room for `cost`, without taking it. */
  peek(caller: string, quotas: Quota[], cost: number): Taken {
    const now = performance.now();
    const standings = quotas.map((quota): Standing => {
      const window = this.windows.get(keyOf(caller, quota));
      if (!window || window.endsAt <= now) return { spent: 0, msLeft: quota.seconds * 1000 };
      return { spent: window.spent, msLeft: window.endsAt - now };
    });
    const allowed = quotas.every(({ limit }, index) => (standings[index] as Standing).spent + cost <= limit);
    return { allowed, standings };
  }

  /** Takes `cost` from every window, or from none; a negative cost gives back. */
  take(caller: string, quotas: Quota[], cost: number): Taken {
    const { allowed, standings } = this.peek(caller, quotas, cost);
    if (!allowed) return { allowed, standings };
    const after = standings.map(({ spent, msLeft }) => ({ spent: Math.max(0, spent + cost), msLeft }));
    this.store(caller, quotas, after);
    return { allowed, standings: after };
  }

  /** Stores a caller's standings, as counted by Redis or by this process. */
  store(caller: string, quotas: Quota[], standings: Standing[]): void {
    const now = performance.now();
    for (const [index, { spent, msLeft }] of standings.entries()) {
      this.windows.set(keyOf(caller, quotas[index] as Quota), { spent, endsAt: now + msLeft });
    }
  }
}

const keyOf = (caller: string, { name }: Quota) => `${caller} ${name}`;
