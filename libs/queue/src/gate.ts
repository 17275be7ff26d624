/** Lets any number of ordinary runs in at once, or one run that is alone. */
export class Gate {
  private inside = 0;
  private closed: Promise<void> = Promise.resolve();
  private emptied: () => void = () => undefined;
  private waitingAlone = 0;

  async run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    return alone ? this.runAlone(work) : this.runBeside(work);
  }

  private async runBeside<T>(work: () => Promise<T>): Promise<T> {
    while (this.waitingAlone > 0) await this.closed;
    this.inside++;
    try {
      return await work();
    } finally {
      if (--this.inside === 0) this.emptied();
    }
  }

  private async runAlone<T>(work: () => Promise<T>): Promise<T> {
    this.waitingAlone++;
    const before = this.closed;
    let open: () => void = () => undefined;
    this.closed = new Promise((resolve) => (open = resolve));
    try {
      await before;
      if (this.inside > 0) await new Promise<void>((resolve) => (this.emptied = resolve));
      return await work();
    } finally {
      this.waitingAlone--;
      open();
    }
  }
}
