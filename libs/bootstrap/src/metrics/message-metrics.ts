import { Histogram } from 'prom-client';
import { registerGauge, registry } from './registry.js';

const WAITS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const WORK = WAITS.filter((seconds) => seconds <= 30);
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

const byQueue = (name: string, help: string, buckets: number[]) =>
  new Histogram({ name, help, buckets, labelNames: ['queue'], registers: [registry] });

const accepting = byQueue('herald_accept_duration_seconds', 'time until a message is committed', WORK);
const batches = byQueue('herald_batch_size', 'messages that share a commit', SIZES);
const waiting = byQueue('herald_queue_wait_seconds', 'time that a job waits for a worker', WAITS);
const processing = byQueue('herald_processing_seconds', 'time that a job is processed', WORK);
const endToEnd = byQueue('herald_end_to_end_seconds', 'from accepting a message to its effect', WAITS);

/** The clocks of two machines may differ slightly, so a negative duration counts as 0. */
const secondsBetween = (from: Date, to: Date) => Math.max(0, to.getTime() - from.getTime()) / 1000;

/** Records that messages of a queue were acknowledged after `seconds`. */
export function recordAccepted(queue: string, seconds: number): void {
  accepting.observe({ queue }, seconds);
}

/** Records the number of messages of a queue that shared a commit. */
export function recordBatch(queue: string, messages: number): void {
  batches.observe({ queue }, messages);
}

interface RunTimes {
  queue: string;
  /** 1 for the first. */
  attempt: number;
  queuedAt: Date;
  startedAt: Date;
  endedAt: Date;
}

/** Records a run of a job that ended, successful or not. */
export function recordRun({ queue, attempt, queuedAt, startedAt, endedAt }: RunTimes): void {
  // Later attempts wait for their backoff, not for a worker.
  if (attempt === 1) waiting.observe({ queue }, secondsBetween(queuedAt, startedAt));
  processing.observe({ queue }, secondsBetween(startedAt, endedAt));
}

/** Records messages whose effect was just committed together, by the times at which they were accepted. */
export function recordEffects(queue: string, acceptedAt: Date[]): void {
  if (acceptedAt.length === 0) return;
  const now = new Date();
  recordBatch(queue, acceptedAt.length);
  for (const accepted of acceptedAt) endToEnd.observe({ queue }, secondsBetween(accepted, now));
}

/** A service's connections to Postgres. */
export interface PoolUse {
  idle: number;
  busy: number;
  /** Callers that wait for a connection. */
  waiting: number;
}

export function registerPoolGauges(use: () => PoolUse): void {
  registerGauge(
    { name: 'herald_pool_connections', help: 'connections to Postgres that are idle or busy', labels: ['state'] },
    () => {
      const { idle, busy } = use();
      return [
        { labels: { state: 'idle' }, value: idle },
        { labels: { state: 'busy' }, value: busy },
      ];
    },
  );
  registerGauge({ name: 'herald_pool_waiting', help: 'callers that wait for a connection to Postgres' }, () => [
    { value: use().waiting },
  ]);
}
