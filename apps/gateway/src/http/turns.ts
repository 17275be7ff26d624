interface Queue {
  inWork: number;
  waiting: (() => void)[];
}

/**
 * Bounds how many reads of one caller are in work together. The next ones wait for their turn, so that a flood of one
 * caller's reads does not take Postgres from the others.
 */
export class Turns {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly atOnce: number) {}

  /** Resolves when it is the caller's turn, with a function that ends the turn. */
  async take(caller: string): Promise<() => void> {
    const queue = this.queues.get(caller) ?? { inWork: 0, waiting: [] };
    this.queues.set(caller, queue);
    if (queue.inWork < this.atOnce) queue.inWork++;
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
    let ended = false;
    return () => {
      if (!ended) this.end(caller, queue);
      ended = true;
    };
  }

  /** Passes the turn on to whoever waits for it. */
  private end(caller: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next) return next();
    if (--queue.inWork === 0) this.queues.delete(caller);
  }
}
