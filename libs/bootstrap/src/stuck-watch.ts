import { checkWithTimeout } from './check-with-timeout.js';

/** The state of one kind of work that a process must make progress with. */
export interface Work {
  /** Amount that this process has finished so far. */
  finished: number;
  /** True while there is work to do and nothing prevents it. */
  waits: boolean;
}

/** The kinds of work of a process, by name. */
export type WorkChecks = Record<string, () => Work | Promise<Work>>;

/** Checks the work of a process periodically and finds the kinds that make no progress. */
export class StuckWatch {
  /** Kinds of work that wait: the amount finished so far, and the time since which it has not changed. */
  private readonly unchanged = new Map<string, { finished: number; since: number }>();
  private checkedAt = -Infinity;

  constructor(
    private readonly work: WorkChecks,
    private readonly stuckAfterMs: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** @param unhindered false while something that the work needs is unavailable; nothing counts as stuck then */
  async check(unhindered: boolean): Promise<void> {
    const now = this.clock();
    // A late check means that this process itself was suspended, so it could finish nothing.
    if (!unhindered || now - this.checkedAt > this.stuckAfterMs / 2) this.unchanged.clear();
    this.checkedAt = now;
    if (unhindered) await Promise.all(Object.keys(this.work).map((name) => this.compare(name, now)));
  }

  /** Kinds of work that waited at every check for the whole limit while none was finished. */
  get stuck(): string[] {
    const long = [...this.unchanged].filter(([, { since }]) => this.checkedAt - since >= this.stuckAfterMs);
    return long.map(([name]) => name);
  }

  private async compare(name: string, now: number): Promise<void> {
    const state = await checkWithTimeout(this.work[name] as WorkChecks[string]);
    if (!state?.value.waits) this.unchanged.delete(name);
    else if (this.unchanged.get(name)?.finished !== state.value.finished) {
      this.unchanged.set(name, { finished: state.value.finished, since: now });
    }
  }
}
