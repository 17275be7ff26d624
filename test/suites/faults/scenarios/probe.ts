import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from '../load/caller.js';
import { NoAnswer } from '../load/caller.js';

export interface Sample {
  kind: string;
  /** A time of `performance.now()`. */
  begun: number;
  /** 0 when there was no answer at all. */
  status: number;
  ms: number;
  retryAfter: boolean;
  reason: string;
}

/** Calls one after another at a steady pace, whatever becomes of those before, and times each. */
export class Probe {
  private readonly samples: Sample[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(everyMs: number, calls: Record<string, () => Promise<Reply | undefined>>) {
    this.running = this.run(everyMs, Object.entries(calls));
  }

  private async run(everyMs: number, calls: [string, () => Promise<Reply | undefined>][]): Promise<void> {
    for (let turn = 0; !this.stopping; turn++) {
      const [kind, call] = calls[turn % calls.length] as [string, () => Promise<Reply | undefined>];
      const timed = this.time(kind, call);
      this.underWay.add(timed);
      void timed.finally(() => this.underWay.delete(timed));
      await sleep(everyMs);
    }
  }

  private async time(kind: string, call: () => Promise<Reply | undefined>): Promise<void> {
    const start = performance.now();
    const note = (status: number, retryAfter: boolean, reason: string) =>
      this.samples.push({ kind, begun: start, status, ms: performance.now() - start, retryAfter, reason });
    try {
      const reply = await call();
      if (!reply) return void note(0, false, 'no answer');
      note(reply.status, reply.headers.has('retry-after'), `${reply.status} ${reply.body?.message ?? ''}`);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      note(0, false, error.message);
    }
  }

  async stop(): Promise<Sample[]> {
    this.stopping = true;
    await this.running;
    await Promise.all(this.underWay);
    return this.samples;
  }
}

/** The time that 99 of 100 stay below. */
export function p99(samples: Sample[]): number {
  const sorted = samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}

export const timed = async <T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> => {
  const start = performance.now();
  return { result: await work(), ms: performance.now() - start };
};
