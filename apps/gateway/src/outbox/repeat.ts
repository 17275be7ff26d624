import type { Logger } from '@nestjs/common';

/**
 * Does `work` for each, one after the other, whatever becomes of the others.
 * @throws the first error, when all have had their turn
 */
export async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/**
 * Runs `work` again and again with a pause in between, never two at once, until it is stopped. Of a row of failures the
 * first is logged, and the success that ends it.
 */
export class Repeat {
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;
  private turns = 0;

  constructor(
    private readonly pauseMs: number,
    private readonly work: () => Promise<void>,
    private readonly logger: Logger,
  ) {
    this.next();
  }

  /** Turns that have ended, well or not; the next one is always due. */
  progress(): { finished: number; waits: boolean } {
    return { finished: this.turns, waits: !this.stopped };
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
    this.turns++;
    if (fault && !this.failing) this.logger.warn({ message: 'waits', ...fault });
    if (!fault && this.failing) this.logger.log('goes on');
    this.failing = fault !== undefined;
  }
}
