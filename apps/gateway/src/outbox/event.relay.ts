import { type AnsweredEvent, merchantAnswered } from '@herald/contracts';
import { Database } from '@herald/database';
import { type JobState, QueueClient } from '@herald/queue';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NIL } from 'uuid';
import type { GatewayEnv } from '../gateway.env.js';
import { Repeat } from './repeat.js';

interface Published {
  id: string;
  job_id: string;
  queued_at: Date;
}

const { queue } = merchantAnswered;
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
  /** The last job of the previous settling round; the next round continues after it. */
  private reached?: Published;

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
    await this.client.ping(queue);
    const events = await this.database.feeding((tx) =>
      tx.query<{ job_id: string; body: AnsweredEvent; traceparent: string | null }>(TAKE, [
        queue,
        this.settings.PUBLISHED_LIMIT,
        MAX_ROWS_PER_ROUND,
      ]),
    );
    // An event that could not be published is found in state `gone` and published again.
    await Promise.allSettled(
      events.map(({ job_id: jobId, body, traceparent }) => {
        const traced = [{ id: body.correlationId, traceparent }];
        return this.client.enqueue(merchantAnswered, 'answered', body, { jobId, keepSeconds: KEEP_SECONDS, traced });
      }),
    );
  }

  /** Settles one round of published events: deletes, publishes again, or moves to the dead letters. */
  async settle(): Promise<void> {
    const published = await this.nextPublished();
    if (published.length === 0) return;
    const states = await this.client.states(
      merchantAnswered,
      published.map(({ job_id }) => job_id),
    );
    const inState = (state: JobState) => published.filter((_, index) => states[index] === state);
    const publishedBefore = Date.now() - this.settings.SWEEP_AFTER_MS;
    await this.run(DELETE, inState('completed'));
    await this.run(MOVE_TO_DEAD_LETTERS, inState('failed'));
    await this.run(
      PUBLISH_AGAIN,
      inState('gone').filter(({ queued_at }) => queued_at.getTime() < publishedBefore),
    );
  }

  private async nextPublished(): Promise<Published[]> {
    const { queued_at = '-infinity', job_id = NIL } = this.reached ?? {};
    const published = await this.database.feeding((tx) =>
      tx.query<Published>(FIND_PUBLISHED, [queue, queued_at, job_id, MAX_ROWS_PER_ROUND]),
    );
    this.reached = published.length === MAX_ROWS_PER_ROUND ? published.at(-1) : undefined;
    return published;
  }

  private async run(statement: string, rows: Published[]): Promise<void> {
    if (rows.length === 0) return;
    const values = [queue, rows.map(({ id }) => id), rows.map(({ job_id }) => job_id)];
    await this.database.feeding((tx) => tx.query(statement, values));
  }
}

const TAKE = `
  with room as (
    select greatest(0, least($3::int, $2::int - count(*)::int)) as rows
      from (select from outbox where queue = $1 and job_id is not null limit $2) published),
  next as (
    select id from outbox where queue = $1 and job_id is null
     order by accepted_at, id limit (select rows from room) for update skip locked)
  update outbox o set job_id = gen_random_uuid(), queued_at = now()
    from next where o.id = next.id returning o.job_id, o.body, o.traceparent`;

const FIND_PUBLISHED = `
  select id, job_id, queued_at from outbox
   where queue = $1 and job_id is not null and (queued_at, job_id) > ($2, $3)
   order by queued_at, job_id limit $4`;

/** Matches rows and jobs, so that rows which another gateway has published again are left alone. */
const ROWS = `queue = $1 and id = any($2::uuid[]) and job_id = any($3::uuid[])`;

const DELETE = `delete from outbox where ${ROWS}`;

const PUBLISH_AGAIN = `update outbox set job_id = null, queued_at = null where ${ROWS}`;

const MOVE_TO_DEAD_LETTERS = `
  with given_up as (delete from outbox where ${ROWS} returning *)
  insert into dead_letters (correlation_id, queue, job, company_id, content, error, accepted_at, queued_at, history)
  select id, queue, job, company_id, body::text, 'its consumer failed it for good', accepted_at, queued_at, history
    from given_up`;
