import type { Logger } from '@nestjs/common';

/**
 * Runs `work` for each item in sequence, even if some fail.
 * @throws the first error, after all items
 */
export async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/**
 * Runs `work` repeatedly with a pause in between, never concurrently, until it is stopped. In a series of failures it
 * logs the first one, and the success that ends the series.
 */
export class Repeat {
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;
  private rounds = 0;

  constructor(
    private readonly pauseMs: number,
    private readonly work: () => Promise<void>,
    private readonly logger: Logger,
  ) {
    this.next();
  }

  /** Returns the number of rounds that have ended, successful or not; another one is always due. */
  progress(): { finished: number; waits: boolean } {
    return { finished: this.rounds, waits: !this.stopped };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private next(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.work()
        .then(
          () => this.note(),
          (error: unknown) => this.note({ err: error }),
        )
        .then(() => this.next());
    }, this.pauseMs);
  }

  private note(fault?: { err: unknown }): void {
    this.rounds++;
    if (fault && !this.failing) this.logger.warn({ message: 'A round failed; retrying', ...fault });
    if (!fault && this.failing) this.logger.log('Rounds succeed again');
    this.failing = fault !== undefined;
  }
}
