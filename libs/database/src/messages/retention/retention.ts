import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../connection/database.js';
import { type Kept, removeOld } from './remove-old.js';

const BATCH = 500;
/** Pause between batches, so that other work on the database comes first. */
const PAUSE_MS = 100;

export interface RetentionOptions {
  kept: Kept;
  /** 0 keeps everything. */
  days: number;
  /** Interval between rounds. */
  everyMs: number;
  /** Permanent removals are logged as warnings, so that the log level does not hide them. */
  log: { warn(message: string | { message: string; err: unknown }): void };
}

/** Removes rows older than the configured days, batch by batch, while its worker runs. */
export class Retention {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly database: Database,
    private readonly options: RetentionOptions,
  ) {
    this.running = options.days > 0 ? this.run() : Promise.resolve();
  }

  /** Resolves after the current batch. */
  async onApplicationShutdown(): Promise<void> {
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
      if (batch !== BATCH || !(await this.pause(PAUSE_MS))) return removed;
    }
  }

  /** Resolves to false when `stop` was called. */
  private async pause(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    return !this.stopping.signal.aborted;
  }
}
