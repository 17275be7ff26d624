interface Queue {
  inProgress: number;
  waiting: (() => void)[];
}

/**
 * Bounds how many reads of one caller are in progress together. Further ones wait, so that a flood of reads from one
 * caller does not take Postgres away from the others.
 */
export class Turns {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly maxTogether: number) {}

  /** Resolves when it is the caller's turn, with a function that ends the turn. */
  async take(caller: string): Promise<() => void> {
    const queue = this.queues.get(caller) ?? { inProgress: 0, waiting: [] };
    this.queues.set(caller, queue);
    if (queue.inProgress < this.maxTogether) queue.inProgress++;
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
    let ended = false;
    return () => {
      if (!ended) this.end(caller, queue);
      ended = true;
    };
  }

  /** Passes the turn on to the next in the queue. */
  private end(caller: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next) return next();
    if (--queue.inProgress === 0) this.queues.delete(caller);
  }
}
