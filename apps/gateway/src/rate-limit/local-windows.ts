import { LRUCache } from 'lru-cache';
import type { Quota, Standing, Taken } from './quota.js';

interface Window {
  spent: number;
  endsAt: number;
}

const MAX_WINDOWS = 100_000;

/** Windows of one process. Of very many callers, those who were quiet longest are forgotten first. */
export class LocalWindows {
  private readonly windows = new LRUCache<string, Window>({ max: MAX_WINDOWS });

  /** Whether there is room for `cost` in every window. */
  look(caller: string, quotas: Quota[], cost: number): Taken {
    const now = performance.now();
    const standings = quotas.map((quota): Standing => {
      const window = this.windows.get(keyOf(caller, quota));
      if (!window || window.endsAt <= now) return { spent: 0, msLeft: quota.seconds * 1000 };
      return { spent: window.spent, msLeft: window.endsAt - now };
    });
    const admitted = quotas.every(({ limit }, index) => (standings[index] as Standing).spent + cost <= limit);
    return { admitted, standings };
  }

  /** Takes `cost` from every window, or from none; a negative one gives back. */
  take(caller: string, quotas: Quota[], cost: number): Taken {
    const { admitted, standings } = this.look(caller, quotas, cost);
    if (!admitted) return { admitted, standings };
    const after = standings.map(({ spent, msLeft }) => ({ spent: Math.max(0, spent + cost), msLeft }));
    this.note(caller, quotas, after);
    return { admitted, standings: after };
  }

  /** Where a caller stands, as someone else counted it. */
  note(caller: string, quotas: Quota[], standings: Standing[]): void {
    const now = performance.now();
    for (const [index, { spent, msLeft }] of standings.entries()) {
      this.windows.set(keyOf(caller, quotas[index] as Quota), { spent, endsAt: now + msLeft });
    }
  }
}

const keyOf = (caller: string, { name }: Quota) => `${caller} ${name}`;
