/** A number of messages that is measured now and then, and spent in between. */
export class Allowance {
  private measuring?: Promise<void>;

  /** @param measure rejects, or returns undefined, when nothing is learned: then nothing changes */
  constructor(
    public left: number,
    private readonly measure: () => Promise<number | undefined>,
  ) {}

  /** Spends `count` if at least `rest` is left then; returns whether it did. */
  spend(count: number, rest = 0): boolean {
    if (this.left - count < rest) return false;
    this.left -= count;
    return true;
  }

  /** Measures again, once at a time. What is spent meanwhile stays spent. */
  renew(): Promise<void> {
    const before = this.left;
    this.measuring ??= this.measure()
      .then((measured = before) => void (this.left += measured - before))
      .finally(() => (this.measuring = undefined));
    return this.measuring;
  }
}
