import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../connection/database.js';
import { type Kept, removeOld } from './remove-old.js';

const BATCH = 500;
/** Between batches, so that those who wait for the database come first. */
const BREATH_MS = 100;

export interface RetentionOptions {
  kept: Kept;
  /** 0 keeps everything. */
  days: number;
  /** From one round to the next. */
  everyMs: number;
  /** What was removed for good is told among the warnings: it must not depend on a log level. */
  log: { warn(message: string | { message: string; err: unknown }): void };
}

/** Removes what is older than the configured days, batch by batch, for as long as its worker runs. */
export class Retention {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly database: Database,
    private readonly options: RetentionOptions,
  ) {
    this.running = options.days > 0 ? this.run() : Promise.resolve();
  }

  /** Resolves once the batch in work has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { kept, days, everyMs, log } = this.options;
    while (await this.pause(everyMs)) {
      try {
        const removed = await this.round();
        if (removed > 0) log.warn(`${removed} ${kept.name} older than ${days} days removed`);
      } catch (err) {
        log.warn({ message: `${kept.name} older than ${days} days could not be removed`, err });
      }
    }
  }

  private async round(): Promise<number> {
    const { kept, days } = this.options;
    let removed = 0;
    for (;;) {
      const batch = await this.database.transaction((tx) => removeOld(tx, kept, days, BATCH));
      removed += batch ?? 0;
      if (batch !== BATCH || !(await this.pause(BREATH_MS))) return removed;
    }
  }

  /** False when it is to stop. */
  private async pause(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    return !this.stopping.signal.aborted;
  }
}
