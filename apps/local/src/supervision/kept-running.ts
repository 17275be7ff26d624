import { setTimeout as sleep } from 'node:timers/promises';
import { sentence } from '@herald/operator';

/** A process that we started. */
export interface Running {
  pid: number;
  exited: Promise<string>;
  stop(): Promise<void>;
  kill(): void;
}

const firstDelayMs = 250;
const longestDelayMs = 5_000;
/** A process that has run this long counts as recovered, so the delay starts again at its first value. */
const recoveredMs = 10_000;

/** Restarts a process whenever it ends by itself, with a growing delay, until it is stopped. */
export class KeptRunning<T extends Running> {
  private readonly ending = new AbortController();
  private keeping: Promise<void> | undefined;

  private constructor(
    readonly name: string,
    private readonly restart: () => Promise<T>,
    private running: T,
    private readonly say: (line: string) => void,
  ) {}

  /** Starts the process. It is restarted only after `keep` has been called. */
  static async start<T extends Running>(
    name: string,
    first: () => Promise<T>,
    restart: (first: T) => Promise<T>,
    say: (line: string) => void,
  ): Promise<KeptRunning<T>> {
    const running = await first();
    return new KeptRunning(name, () => restart(running), running, say);
  }

  get current(): T {
    return this.running;
  }

  keep(): void {
    this.keeping ??= this.restartUntilEnding();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running.stop();
    // A restart may have been in progress: stop the new process too.
    await this.keeping;
    await this.running.stop();
  }

  kill(): void {
    this.ending.abort();
    this.running.kill();
  }

  private async restartUntilEnding(): Promise<void> {
    const { signal } = this.ending;
    let delayMs = firstDelayMs;
    let startedAt = Date.now();
    let how = await this.running.exited;
    while (!signal.aborted) {
      if (Date.now() - startedAt > recoveredMs) delayMs = firstDelayMs;
      this.say(`${this.name} ended (${how}); starting it again in ${delayMs} ms`);
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      delayMs = Math.min(delayMs * 2, longestDelayMs);
      startedAt = Date.now();
      how = await this.runOnce();
    }
  }

  /** Returns why the process ended, or why it did not start. */
  private async runOnce(): Promise<string> {
    try {
      this.running = await this.restart();
    } catch (error) {
      return sentence(error);
    }
    if (this.ending.signal.aborted) await this.running.stop();
    return this.running.exited;
  }
}
