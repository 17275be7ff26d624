import { randomUUID } from 'node:crypto';
import { forEach, Repeat } from '@herald/bootstrap';
import { MAX_OWED_IDS, HeraldError } from '@herald/contracts';
import {
  assignJobs,
  companiesAfter,
  Database,
  type Measurement,
  measureQueue,
  type NewMessage,
  type Sql,
  takeTurns,
  tryLock,
} from '@herald/database';
import { QueueClient } from '@herald/queue';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NIL } from 'uuid';
import type { GatewayEnv } from '../gateway.env.js';
import { Allowance } from './allowance.js';
import { type OwedJob, packJobs } from './outbox-message.js';
import { OWED_QUEUES, OwedPublisher } from './owed-publisher.js';

/** A gateway's knowledge of a queue between two measurements. */
interface Feed {
  /** The messages that may still be published immediately. */
  allowance: Allowance;
  /** Messages are waiting for their turn, so new ones queue behind them. */
  backlog: boolean;
  /** The number of messages that may be published before the last of them would be late; adapted continuously. */
  depth: number;
}

const ROUND_MS = 100;
/** Rounds between measurements of a quiet queue: a worker may have handed messages back. */
const ROUNDS_BETWEEN_REFRESHES = 10;
/**
 * A gateway publishes at most this many between two measurements, so that all gateways together stay near the limit.
 */
const MAX_ALLOWANCE = 1000;
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
  private readonly feeds = new Map<string, Feed>();
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
      const allowance = new Allowance(DEPTH_STEP, () => this.measureAllowance(queue, feed));
      const feed: Feed = { allowance, backlog: false, depth: DEPTH_STEP };
      this.feeds.set(queue, feed);
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
      const feed = this.feeds.get(queue);
      if (!feed) throw new HeraldError(`The outbox does not feed a queue ${queue}`);
      if (feed.allowance.left < MAX_ALLOWANCE / 2) void feed.allowance.renew();
      feed.backlog ||= !this.client.isConnected || !feed.allowance.spend(1);
      return !feed.backlog;
    });
  }

  /** Returns how many jobs this gateway has fed, and whether it could feed one: messages wait, and there is room. */
  async progress(): Promise<{ finished: number; waits: boolean }> {
    const waits = await this.database.feeding(async (tx) => {
      for (const queue of this.feeds.keys()) {
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

  /** Returns how many messages may be published immediately; undefined when that could not be measured. */
  private async measureAllowance(queue: string, feed: Feed): Promise<number | undefined> {
    try {
      const measured = await this.database.feeding((tx) => this.measure(tx, queue));
      feed.backlog = measured.backlog;
      if (isBehind(measured)) return 0;
      return Math.floor(Math.min(MAX_ALLOWANCE, this.roomIn(measured, feed.depth, this.settings.PUBLISHED_LIMIT / 2)));
    } catch (err) {
      // The next message or round measures again.
      this.logger.warn({ message: `queue ${queue} could not be measured`, err });
      return undefined;
    }
  }

  private measure(tx: Sql, queue: string): Promise<Measurement> {
    const limit = this.settings.PUBLISHED_LIMIT;
    return measureQueue(tx, queue, { limit, lateMs: LATE_AFTER_MS, staleMs: STALE_AFTER_MS });
  }

  private async feedAll(): Promise<void> {
    const refreshDue = this.round++ % ROUNDS_BETWEEN_REFRESHES === 0;
    await forEach(this.feeds, async ([queue, feed]) => {
      if (refreshDue && !feed.backlog) await feed.allowance.renew();
      if (feed.backlog) await this.feed(queue, feed);
    });
  }

  /** Feeds one round: fills the room with the oldest messages of each company in turn. */
  private async feed(queue: string, feed: Feed): Promise<void> {
    await this.client.ping(queue);
    const jobs = await this.database.feeding((tx) => this.assign(tx, queue, feed));
    if (!jobs) return feed.allowance.renew();
    this.fed += jobs.length;
    await this.publisher.publish(jobs);
  }

  /** Returns undefined when there is no room, nothing waits, or another gateway is feeding this queue. */
  private async assign(tx: Sql, queue: string, feed: Feed): Promise<OwedJob[] | undefined> {
    if (!(await tryLock(tx, `herald.feed.${queue}`))) return undefined;
    const { PUBLISHED_LIMIT } = this.settings;
    const measured = await this.measure(tx, queue);
    const depth = isBehind(measured) ? feed.depth / 2 : feed.depth + DEPTH_STEP;
    feed.depth = Math.min(PUBLISHED_LIMIT, Math.max(LEAST_DEPTH, depth));
    const rows = Math.min(MAX_ROWS_PER_ROUND, this.roomIn(measured, feed.depth, PUBLISHED_LIMIT));
    if (rows <= 0) return undefined;
    const companies = await this.nextCompanies(tx, queue);
    if (companies.length === 0) return undefined;
    const jobs = packJobs(await takeTurns(tx, queue, companies, rows), MAX_OWED_IDS, randomUUID);
    await assignJobs(tx, jobs);
    return jobs;
  }

  private async nextCompanies(tx: Sql, queue: string): Promise<string[]> {
    const after = this.served.get(queue) ?? NIL;
    const find = (from: string) => companiesAfter(tx, queue, from, MAX_COMPANIES_PER_ROUND);
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
