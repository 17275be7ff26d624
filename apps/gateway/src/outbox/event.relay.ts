import { forEach, Repeat } from '@herald/bootstrap';
import { EVENT_QUEUES, type QueueContract } from '@herald/contracts';
import { Database, findPublishedEvents, type PublishedEvent, settleEvents, takeEvents } from '@herald/database';
import { type JobState, QueueClient } from '@herald/queue';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';

const FEED_EVERY_MS = 200;
const SETTLE_EVERY_MS = 1000;
const MAX_ROWS_PER_ROUND = 500;
/** A completed job is kept this long, so that it is still seen after all gateways were down for a while. */
const KEEP_SECONDS = 3600;

/**
 * Relays events to other systems, at least once (contracts README, "Events"). Their consumers cannot take the outbox
 * row, so each job carries the whole event, and the row is deleted once its job was seen completed. Events that Redis
 * lost are published again; those that their consumer failed permanently become dead letters. At most `PUBLISHED_LIMIT`
 * events are published and unfinished.
 */
@Injectable()
export class EventRelay implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(EventRelay.name);
  private readonly repeats = new Map<'publishing' | 'settling', Repeat>();
  /** The last job of the previous settling round, by queue; the next round continues after it. */
  private readonly reached = new Map<string, PublishedEvent | undefined>();

  constructor(
    private readonly database: Database,
    private readonly client: QueueClient,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  onModuleInit(): void {
    this.repeats.set('publishing', new Repeat(FEED_EVERY_MS, () => this.feed(), this.logger));
    this.repeats.set('settling', new Repeat(SETTLE_EVERY_MS, () => this.settle(), this.logger));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.repeats.values()].map((repeat) => repeat.stop()));
  }

  progress(of: 'publishing' | 'settling'): { finished: number; waits: boolean } {
    return this.repeats.get(of)?.progress() ?? { finished: 0, waits: false };
  }

  /** Publishes the oldest events that have no job. Gateways may do this concurrently: each takes different rows. */
  async feed(): Promise<void> {
    await forEach(EVENT_QUEUES, (contract) => this.feedTo(contract));
  }

  /** Settles one round of published events: deletes, publishes again, or moves to the dead letters. */
  async settle(): Promise<void> {
    await forEach(EVENT_QUEUES, (contract) => this.settleOn(contract));
  }

  private async feedTo(contract: QueueContract): Promise<void> {
    const { queue } = contract;
    await this.client.ping(queue);
    const events = await this.database.feeding((tx) =>
      takeEvents(tx, queue, { published: this.settings.PUBLISHED_LIMIT, limit: MAX_ROWS_PER_ROUND }),
    );
    // An event that could not be published is found in state `gone` and published again.
    await Promise.allSettled(
      events.map(({ job_id: jobId, job, body, traceparent }) => {
        const traced = [{ id: body.correlationId, traceparent }];
        return this.client.enqueue(contract, job, body, { jobId, keepSeconds: KEEP_SECONDS, traced });
      }),
    );
  }

  private async settleOn(contract: QueueContract): Promise<void> {
    const { queue } = contract;
    const published = await this.nextPublished(queue);
    if (published.length === 0) return;
    const states = await this.client.states(
      contract,
      published.map(({ job_id }) => job_id),
    );
    const inState = (state: JobState) => published.filter((_, index) => states[index] === state);
    const publishedBefore = Date.now() - this.settings.SWEEP_AFTER_MS;
    await this.settleAll(queue, 'completed', inState('completed'));
    await this.settleAll(queue, 'failed', inState('failed'));
    await this.settleAll(
      queue,
      'gone',
      inState('gone').filter(({ queued_at }) => queued_at.getTime() < publishedBefore),
    );
  }

  private async nextPublished(queue: string): Promise<PublishedEvent[]> {
    const published = await this.database.feeding((tx) =>
      findPublishedEvents(tx, queue, { after: this.reached.get(queue), limit: MAX_ROWS_PER_ROUND }),
    );
    this.reached.set(queue, published.length === MAX_ROWS_PER_ROUND ? published.at(-1) : undefined);
    return published;
  }

  private async settleAll(
    queue: string,
    jobs: 'completed' | 'failed' | 'gone',
    events: PublishedEvent[],
  ): Promise<void> {
    if (events.length > 0) await this.database.feeding((tx) => settleEvents(tx, queue, jobs, events));
  }
}
