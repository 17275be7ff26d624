import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../connection/database.js';
import { type Kept, removeOld } from './remove-old.js';

const SLICE = 500;
/** Pause between slices, so that other work on the database comes first. */
const PAUSE_MS = 100;

/** A slice that was removed, for the metrics. */
export interface RemovedSlice {
  kept: Kept;
  rows: number;
  seconds: number;
}

/** A kind of rows, and the age up to which they are kept, in the kind's unit; 0 keeps them for ever. */
export interface RetentionRule {
  kept: Kept;
  age: number;
}

export interface RetentionOptions {
  rules: RetentionRule[];
  /** Interval between rounds. */
  everyMs: number;
  onSlice?: (slice: RemovedSlice) => void;
  /** Permanent removals are logged as warnings, so that the log level does not hide them. */
  log: { warn(message: string | { message: string; err: unknown }): void; log(message: string): void };
}

/** Removes rows that are older than configured, slice by slice, while its service runs. */
export class Retention {
  private readonly stopping = new AbortController();
  private readonly rules: RetentionRule[];
  private readonly running: Promise<void>;

  constructor(
    private readonly database: Database,
    private readonly options: RetentionOptions,
  ) {
    this.rules = options.rules.filter(({ age }) => age > 0);
    this.running = this.rules.length > 0 ? this.run() : Promise.resolve();
  }

  /** Resolves after the current slice. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Returns the age of the oldest row of each kind that has an end, where an index tells it. */
  async oldest(): Promise<{ kept: Kept; seconds: number }[]> {
    const ages: { kept: Kept; seconds: number }[] = [];
    for (const { kept } of this.rules) {
      if (!kept.oldest) continue;
      const [row] = await this.database.query<{ seconds: number }>(kept.oldest);
      ages.push({ kept, seconds: row?.seconds ?? 0 });
    }
    return ages;
  }

  private async run(): Promise<void> {
    while (await this.pause(this.options.everyMs)) {
      for (const rule of this.rules) {
        if (!this.stopping.signal.aborted) await this.round(rule);
      }
    }
  }

  private async round({ kept, age }: RetentionRule): Promise<void> {
    const { log } = this.options;
    const old = `${kept.name} older than ${age} ${kept.unit}`;
    let removed = 0;
    try {
      for (;;) {
        const slice = await this.slice({ kept, age });
        removed += slice ?? 0;
        if (slice !== SLICE || !(await this.pause(PAUSE_MS))) break;
      }
    } catch (err) {
      log.warn({ message: `${old} could not be removed`, err });
    }
    if (removed > 0) log[kept.isRoutine ? 'log' : 'warn'](`${removed} ${old} removed`);
  }

  private async slice({ kept, age }: RetentionRule): Promise<number | undefined> {
    const since = performance.now();
    const rows = await this.database.transaction((tx) => removeOld(tx, kept, age, SLICE));
    if (rows) this.options.onSlice?.({ kept, rows, seconds: (performance.now() - since) / 1000 });
    return rows;
  }

  /** Resolves to false when `stop` was called. */
  private async pause(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    return !this.stopping.signal.aborted;
  }
}
