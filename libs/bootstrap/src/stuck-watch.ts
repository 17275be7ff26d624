import { answerInTime } from './answer-in-time.js';

/** One kind of work that a process must get on with. */
export interface Work {
  /** How much of it this process has finished so far. */
  finished: number;
  /** Some of it is there to be done, and nothing forbids to do it. */
  waits: boolean;
}

/** The kinds of work of a process, by name. */
export type WorkChecks = Record<string, () => Work | Promise<Work>>;

/** Looks at a process's work from time to time, and knows which of it no longer gets done. */
export class StuckWatch {
  /** Work that waits: how much of the kind was finished then, and since when no more was. */
  private readonly standing = new Map<string, { finished: number; since: number }>();
  private lookedAt = -Infinity;

  constructor(
    private readonly work: WorkChecks,
    private readonly stuckAfterMs: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** @param unhindered false while something that the work needs is away: then nothing can be said against it */
  async look(unhindered: boolean): Promise<void> {
    const now = this.clock();
    // While this process itself stood still, nothing could get done.
    if (!unhindered || now - this.lookedAt > this.stuckAfterMs / 2) this.standing.clear();
    this.lookedAt = now;
    if (unhindered) await Promise.all(Object.keys(this.work).map((name) => this.compare(name, now)));
  }

  /** Work that waited at every look for the whole time, none of it finished. */
  get stuck(): string[] {
    const long = [...this.standing].filter(([, { since }]) => this.lookedAt - since >= this.stuckAfterMs);
    return long.map(([name]) => name);
  }

  private async compare(name: string, now: number): Promise<void> {
    const told = await answerInTime(this.work[name] as WorkChecks[string]);
    if (!told?.value.waits) this.standing.delete(name);
    else if (this.standing.get(name)?.finished !== told.value.finished) {
      this.standing.set(name, { finished: told.value.finished, since: now });
    }
  }
}
