import { registerGauge } from '@herald/bootstrap';
import { DeadLetters, type OldestOwed, type QueueCounts } from '@herald/database';
import { type QueueState, QueueWatch } from '@herald/queue';
import { Injectable } from '@nestjs/common';
import { Cached } from './cached.js';

/** The unfinished messages of a queue, from Postgres. */
export interface Backlog extends QueueCounts {
  oldest?: OldestOwed;
  /** 0 when no message is owed. */
  oldestSeconds: number;
}

const FRESH_MS = 3000;

/**
 * The state of all queues. Only this service reads it, for its pages, Prometheus and the autoscaler. Postgres and Redis
 * may be down independently of each other.
 */
@Injectable()
export class QueueStates {
  private readonly backlog = new Cached(() => this.readBacklogs(), FRESH_MS);
  private readonly jobs = new Cached(() => this.watch.states(), FRESH_MS);

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly watch: QueueWatch,
  ) {
    this.registerBacklogGauge('herald_outbox_messages', 'messages acknowledged and still owed', ({ owed }) => owed);
    this.registerBacklogGauge(
      'herald_outbox_oldest_seconds',
      'age of the oldest message owed',
      ({ oldestSeconds }) => oldestSeconds,
    );
    this.registerBacklogGauge(
      'herald_dead_letters',
      'messages given up and kept',
      ({ deadLetters: letters }) => letters,
    );
    registerGauge({ name: 'herald_queue_jobs', help: 'jobs in Redis', labels: ['queue', 'state'] }, async () =>
      (await this.ofRedis()).flatMap(({ queue, jobs }) =>
        Object.entries(jobs).map(([state, value]) => ({ labels: { queue, state }, value })),
      ),
    );
    registerGauge(
      { name: 'herald_queue_oldest_seconds', help: 'age of the oldest waiting job', labels: ['queue'] },
      async () => (await this.ofRedis()).map(({ queue, oldestSeconds: value }) => ({ labels: { queue }, value })),
    );
  }

  ofPostgres(): Promise<Backlog[]> {
    return this.backlog.get();
  }

  ofRedis(): Promise<QueueState[]> {
    return this.jobs.get();
  }

  private registerBacklogGauge(name: string, help: string, figure: (backlog: Backlog) => number): void {
    registerGauge({ name, help, labels: ['queue'] }, async () =>
      (await this.ofPostgres()).map((backlog) => ({ labels: { queue: backlog.queue }, value: figure(backlog) })),
    );
  }

  private async readBacklogs(): Promise<Backlog[]> {
    const [counts, oldest] = await Promise.all([this.deadLetters.counts(), this.deadLetters.oldestOwed()]);
    return counts.map((count) => {
      const first = oldest.find(({ queue }) => queue === count.queue);
      const oldestSeconds = first ? Math.max(0, Date.now() - first.acceptedAt.getTime()) / 1000 : 0;
      return { ...count, oldest: first, oldestSeconds };
    });
  }
}
