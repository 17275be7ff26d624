import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '@herald/contracts';
import type { Logger } from '@nestjs/common';
import type { Worker } from 'bullmq';

export const PROBE_MS = 1000;

interface Options {
  queue: string;
  worker: Pick<Worker, 'pause' | 'resume'>;
  ledger: Pick<Ledger, 'ping'>;
  logger: Pick<Logger, 'warn' | 'log'>;
}

/** Pauses the worker during an outage of the database, until a probe succeeds. */
export class Outage {
  private current?: Promise<void>;
  private closing = false;

  constructor(private readonly options: Options) {}

  begin(): void {
    this.current ??= this.waitOut();
  }

  close(): void {
    this.closing = true;
  }

  private async waitOut(): Promise<void> {
    const { queue, worker, ledger, logger } = this.options;
    logger.warn(`queue ${queue}: the database is away, no jobs are taken`);
    await worker.pause(true);
    while (!this.closing) {
      await sleep(PROBE_MS);
      const back = await ledger.ping().then(
        () => true,
        () => false,
      );
      if (!back) continue;
      this.current = undefined;
      await worker.resume();
      logger.log(`queue ${queue}: the database is back`);
      return;
    }
  }
}
