import { randomUUID } from 'node:crypto';
import { MAX_OWED_IDS, HeraldError } from '@herald/contracts';
import { Database, type Sql } from '@herald/database';
import { QueueClient } from '@herald/queue';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NIL } from 'uuid';
import type { GatewayEnv } from '../gateway.env.js';
import { assignJobs } from './assign-jobs.js';
import { type NewMessage, type OwedJob, type OwedRow, packJobs, rowOf } from './outbox-message.js';
import { OWED_QUEUES, OwedPublisher } from './owed-publisher.js';
import { forEach, Repeat } from './repeat.js';

/** A gateway's knowledge of a queue between two measurements. */
interface Room {
  /** Messages that may still be published immediately. */
  allowance: number;
  /** Messages are waiting for their turn, so new ones queue behind them. */
  backlog: boolean;
  /** The number of messages that may be published before the last of them would be late; adapted continuously. */
  depth: number;
  refreshing: boolean;
}

/** A measurement of a queue. */
interface Measurement {
  published: number;
  /** Messages published more than `LATE_AFTER_MS` ago, and those so old that overload is not the cause. */
  late: number;
  stale: number;
  backlog: boolean;
}

const ROUND_MS = 100;
/** Rounds between measurements of a quiet queue: a worker may have handed messages back. */
const ROUNDS_BETWEEN_REFRESHES = 10;
/**
 * A gateway publishes at most this many between two measurements, so that all gateways together stay near the limit.
 */
const ALLOWANCE = 1000;
const MAX_ROWS_PER_ROUND = 2000;
const MAX_COMPANIES_PER_ROUND = 500;
/** A published message should be done by then: new ones wait behind all that are published already. */
const LATE_AFTER_MS = 700;
const STALE_AFTER_MS = 5000;
const LATE_SHARE = 0.1;
const LEAST_DEPTH = MAX_OWED_IDS;
const DEPTH_STEP = 500;

/**
 * Keeps Redis small: at most `PUBLISHED_LIMIT` messages of a queue are published and unfinished, and while others wait,
 * no more than the workers finish in about a second. New messages are published immediately while less than half of the
 * limit is used. The rest stays in the outbox and is fed from here, the companies taking turns.
 */
@Injectable()
export class OutboxFeeder implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(OutboxFeeder.name);
  private readonly rooms = new Map<string, Room>();
  /** The company served last, by queue: the next round starts after it. */
  private readonly served = new Map<string, string>();
  private repeat?: Repeat;
  private round = 0;
  private fed = 0;

  constructor(
    private readonly database: Database,
    private readonly client: QueueClient,
    private readonly publisher: OwedPublisher,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  onModuleInit(): void {
    for (const queue of Object.keys(OWED_QUEUES)) {
      this.rooms.set(queue, { allowance: DEPTH_STEP, backlog: false, depth: DEPTH_STEP, refreshing: false });
    }
    this.repeat = new Repeat(ROUND_MS, () => this.feedAll(), this.logger);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeat?.stop();
  }

  /**
   * Returns which of the messages about to be committed to publish immediately; the others wait for their turn. While
   * Redis is unreachable all of them wait: they are fed as soon as it is back, without waiting for the sweeper.
   */
  selectPublishable(messages: NewMessage[]): NewMessage[] {
    return messages.filter(({ queue }) => {
      const room = this.rooms.get(queue);
      if (!room) throw new HeraldError(`The outbox does not feed a queue ${queue}`);
      if (room.allowance < ALLOWANCE / 2 && !room.refreshing) void this.refresh(queue, room);
      if (room.backlog || room.allowance <= 0 || !this.client.isConnected) {
        room.backlog = true;
        return false;
      }
      room.allowance--;
      return true;
    });
  }

  /** Returns how many jobs this gateway has fed, and whether it could feed one: messages wait, and there is room. */
  async progress(): Promise<{ finished: number; waits: boolean }> {
    const waits = await this.database.feeding(async (tx) => {
      for (const queue of this.rooms.keys()) {
        const { published, backlog } = await this.measure(tx, queue);
        if (backlog && published < this.settings.PUBLISHED_LIMIT) return true;
      }
      return false;
    });
    return { finished: this.fed, waits };
  }

  /** Returns how many more messages may be published under a limit; new messages get half of `PUBLISHED_LIMIT`. */
  private roomIn({ published, stale }: Measurement, depth: number, limit: number): number {
    return Math.min(limit - published, Math.floor(depth) - (published - stale));
  }

  private async refresh(queue: string, room: Room): Promise<void> {
    room.refreshing = true;
    const allowanceBefore = room.allowance;
    try {
      const measured = await this.database.feeding((tx) => this.measure(tx, queue));
      const publishedMeanwhile = allowanceBefore - room.allowance;
      room.backlog = measured.backlog;
      const { PUBLISHED_LIMIT } = this.settings;
      const most = isBehind(measured) ? 0 : Math.min(ALLOWANCE, this.roomIn(measured, room.depth, PUBLISHED_LIMIT / 2));
      room.allowance = Math.floor(most) - publishedMeanwhile;
    } catch (err) {
      // The next message or round measures again.
      this.logger.warn({ message: `queue ${queue} could not be measured`, err });
    } finally {
      room.refreshing = false;
    }
  }

  private async measure(tx: Sql, queue: string): Promise<Measurement> {
    const [measured] = await tx.query<Measurement & Record<string, unknown>>(MEASURE, [
      queue,
      this.settings.PUBLISHED_LIMIT,
      LATE_AFTER_MS,
      STALE_AFTER_MS,
    ]);
    return measured as Measurement;
  }

  private async feedAll(): Promise<void> {
    const refreshDue = this.round++ % ROUNDS_BETWEEN_REFRESHES === 0;
    await forEach(this.rooms, async ([queue, room]) => {
      if (refreshDue && !room.backlog) await this.refresh(queue, room);
      if (room.backlog) await this.feed(queue, room);
    });
  }

  /** Feeds one round: fills the room with the oldest messages of each company in turn. */
  private async feed(queue: string, room: Room): Promise<void> {
    await this.client.ping(queue);
    const jobs = await this.database.feeding((tx) => this.assign(tx, queue, room));
    if (!jobs) return this.refresh(queue, room);
    this.fed += jobs.length;
    await this.publisher.publish(jobs);
  }

  /** Returns undefined when there is no room, nothing waits, or another gateway is feeding this queue. */
  private async assign(tx: Sql, queue: string, room: Room): Promise<OwedJob[] | undefined> {
    const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as mine', [
      `herald.feed.${queue}`,
    ]);
    if (!lock?.mine) return undefined;
    const { PUBLISHED_LIMIT } = this.settings;
    const measured = await this.measure(tx, queue);
    const depth = isBehind(measured) ? room.depth / 2 : room.depth + DEPTH_STEP;
    room.depth = Math.min(PUBLISHED_LIMIT, Math.max(LEAST_DEPTH, depth));
    const rows = Math.min(MAX_ROWS_PER_ROUND, this.roomIn(measured, room.depth, PUBLISHED_LIMIT));
    if (rows <= 0) return undefined;
    const companies = await this.nextCompanies(tx, queue);
    if (companies.length === 0) return undefined;
    const each = Math.ceil(rows / companies.length);
    const turn = await tx.query<OwedRow>(TAKE_TURNS, [queue, companies, each, rows]);
    const jobs = packJobs(
      turn.map((row) => rowOf(queue, row)),
      MAX_OWED_IDS,
      randomUUID,
    );
    await assignJobs(tx, jobs);
    return jobs;
  }

  private async nextCompanies(tx: Sql, queue: string): Promise<string[]> {
    const after = this.served.get(queue) ?? NIL;
    const find = async (from: string) =>
      (await tx.query<{ company_id: string }>(COMPANIES_AFTER, [queue, from, MAX_COMPANIES_PER_ROUND])).map(
        ({ company_id }) => company_id,
      );
    let companies = await find(after);
    if (companies.length < MAX_COMPANIES_PER_ROUND && after !== NIL) {
      companies = [...new Set([...companies, ...(await find(NIL))])].slice(0, MAX_COMPANIES_PER_ROUND);
    }
    this.served.set(queue, companies.length < MAX_COMPANIES_PER_ROUND ? NIL : (companies.at(-1) as string));
    return companies;
  }
}

/** True when the workers are behind: more would only delay later messages. A few may be late for other reasons. */
const isBehind = ({ published, late, stale }: Measurement) =>
  late > Math.max(LEAST_DEPTH, (published - stale) * LATE_SHARE);

const MEASURE = `
  select p.*, exists (select from outbox where queue = $1 and job_id is null) as backlog
    from published_messages($1, $2, $3 * interval '1 millisecond', $4 * interval '1 millisecond') p`;

/** Finds the companies by skipping through the index, however many messages each has. */
const COMPANIES_AFTER = `
  with recursive hop as (
    (select company_id from outbox where queue = $1 and job_id is null and company_id > $2
      order by company_id limit 1)
    union all
    select (select o.company_id from outbox o where o.queue = $1 and o.job_id is null and o.company_id > hop.company_id
             order by o.company_id limit 1)
      from hop where hop.company_id is not null)
  select company_id from hop where company_id is not null limit $3`;

const TAKE_TURNS = `
  select o.id, o.alone, o.lane, o.traceparent
    from unnest($2::uuid[]) with ordinality as c(company_id, seat)
   cross join lateral (
     select id, alone, lane, traceparent, row_number() over (order by lane, accepted_at, id) as turn
       from (select id, alone, lane, traceparent, accepted_at from outbox
              where queue = $1 and job_id is null and company_id = c.company_id
              order by lane, accepted_at, id limit $3) oldest) o
   order by o.turn, c.seat limit $4`;
