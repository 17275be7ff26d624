/** Allows any number of concurrent ordinary runs, or a single exclusive run. */
export class Gate {
  private running = 0;
  private closed: Promise<void> = Promise.resolve();
  private onEmpty: () => void = () => undefined;
  private waitingAlone = 0;

  async run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    return alone ? this.runAlone(work) : this.runBeside(work);
  }

  private async runBeside<T>(work: () => Promise<T>): Promise<T> {
    while (this.waitingAlone > 0) await this.closed;
    this.running++;
    try {
      return await work();
    } finally {
      if (--this.running === 0) this.onEmpty();
    }
  }

  private async runAlone<T>(work: () => Promise<T>): Promise<T> {
    this.waitingAlone++;
    const before = this.closed;
    let open: () => void = () => undefined;
    this.closed = new Promise((resolve) => (open = resolve));
    try {
      await before;
      if (this.running > 0) await new Promise<void>((resolve) => (this.onEmpty = resolve));
      return await work();
    } finally {
      this.waitingAlone--;
      open();
    }
  }
}
