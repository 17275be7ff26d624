import { setTimeout as sleep } from 'node:timers/promises';
import { currentPosition, type Sql } from '@herald/database';

/** Pauses between two looks, longer while nothing moves. */
const PAUSES_MS = [5, 10, 20, 50, 100, 200, 500];

/**
 * Waits for transactions in progress, for all topics together: what was committed after the oldest of them began is not
 * read before it ends, because it may still commit something earlier in the order.
 */
export class Horizon {
  private readonly waiting = new Set<{ change: bigint; resolve: () => void }>();
  private pauses = 0;
  private looking = false;

  constructor(private readonly sql: Sql) {}

  /** Resolves when more can be read than up to `change`, or when Postgres cannot be asked. */
  passes(change: string): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add({ change: BigInt(change), resolve });
      this.pauses = 0;
      if (!this.looking) void this.look();
    });
  }

  private async look(): Promise<void> {
    this.looking = true;
    while (this.waiting.size > 0) {
      await sleep(PAUSES_MS[Math.min(this.pauses++, PAUSES_MS.length - 1)], undefined, { ref: false });
      const now = await currentPosition(this.sql).then(
        ({ change }) => BigInt(change),
        () => undefined,
      );
      for (const each of this.waiting) {
        if (now !== undefined && now <= each.change) continue;
        this.waiting.delete(each);
        each.resolve();
      }
    }
    this.looking = false;
  }
}
