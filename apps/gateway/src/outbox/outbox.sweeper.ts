import { randomUUID } from 'node:crypto';
import { MAX_OWED_IDS, type QueueContract } from '@herald/contracts';
import { Database, type Sql } from '@herald/database';
import { type JobState, QueueClient } from '@herald/queue';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NIL } from 'uuid';
import type { GatewayEnv } from '../gateway.env.js';
import { assignJobs } from './assign-jobs.js';
import { type OwedJob, type OwedRow, packJobs, rowOf } from './outbox-message.js';
import { OWED_QUEUES, OwedPublisher } from './owed-publisher.js';
import { forEach, Repeat } from './repeat.js';

interface OldJob {
  job_id: string;
  queued_at: Date;
}

const ROUND_MS = 1000;
const MAX_JOBS_PER_ROUND = 500;

/**
 * Recovers messages after Redis lost data: messages published long ago and still owed are looked up there. A job that
 * is gone, or that ended without its messages, is replaced; a failed one is split.
 */
@Injectable()
export class OutboxSweeper implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(OutboxSweeper.name);
  /** The last job of the previous round, by queue; the next round continues after it. */
  private readonly reached = new Map<string, OldJob>();
  private repeat?: Repeat;

  constructor(
    private readonly database: Database,
    private readonly client: QueueClient,
    private readonly publisher: OwedPublisher,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  onModuleInit(): void {
    this.repeat = new Repeat(Math.min(ROUND_MS, this.settings.SWEEP_AFTER_MS), () => this.sweepAll(), this.logger);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeat?.stop();
  }

  progress(): { finished: number; waits: boolean } {
    return this.repeat?.progress() ?? { finished: 0, waits: false };
  }

  private async sweepAll(): Promise<void> {
    await forEach(Object.values(OWED_QUEUES), (contract) => this.sweep(contract));
  }

  /** Sweeps one round of a queue. Gateways may do this concurrently: only one of them gives a row a new job. */
  async sweep(contract: QueueContract): Promise<void> {
    const old = await this.database.feeding((tx) => this.findOld(tx, contract.queue));
    if (old.length === 0) return;
    const states = await this.client.states(
      contract,
      old.map(({ job_id }) => job_id),
    );
    const inState = (...wanted: JobState[]) => old.filter((_, index) => wanted.includes(states[index] as JobState));
    const lost = inState('gone', 'completed');
    const failed = inState('failed');
    if (failed.length > 0) await this.database.feeding((tx) => tx.query(SPLIT, keys(contract.queue, failed)));
    if (lost.length === 0) return;
    const jobs = await this.database.feeding((tx) => this.replace(tx, contract.queue, lost));
    this.logger.log(`queue ${contract.queue}: ${lost.length} lost jobs replaced`);
    await this.publisher.publish(jobs);
  }

  private async findOld(tx: Sql, queue: string): Promise<OldJob[]> {
    const after = this.reached.get(queue);
    const old = await tx.query<OldJob>(FIND_OLD, [
      queue,
      this.settings.SWEEP_AFTER_MS,
      after?.queued_at ?? '-infinity',
      after?.job_id ?? NIL,
      MAX_JOBS_PER_ROUND,
    ]);
    const last = old.length === MAX_JOBS_PER_ROUND ? old.at(-1) : undefined;
    if (last) this.reached.set(queue, last);
    else this.reached.delete(queue);
    return old;
  }

  private async replace(tx: Sql, queue: string, lost: OldJob[]): Promise<OwedJob[]> {
    const rows = await tx.query<OwedRow>(LOCK_ROWS, keys(queue, lost));
    const jobs = packJobs(
      rows.map((row) => rowOf(queue, row)),
      MAX_OWED_IDS,
      randomUUID,
    );
    await assignJobs(tx, jobs);
    return jobs;
  }
}

const keys = (queue: string, jobs: OldJob[]) => [
  queue,
  jobs.map(({ queued_at }) => queued_at),
  jobs.map(({ job_id }) => job_id),
];

const FIND_OLD = `
  select distinct queued_at, job_id from outbox
   where queue = $1 and job_id is not null and queued_at < now() - $2 * interval '1 millisecond'
     and (queued_at, job_id) > ($3, $4)
   order by queued_at, job_id limit $5`;

const OF_JOBS = `queue = $1 and job_id is not null and queued_at = any($2::timestamptz[]) and job_id = any($3::uuid[])`;

const LOCK_ROWS = `select id, alone, lane, traceparent from outbox where ${OF_JOBS} order by accepted_at, id for update skip locked`;

/** Feeds the messages of a failed job again, each alone, so that only the message that fails is given up. */
const SPLIT = `update outbox set alone = true, job_id = null, queued_at = null where ${OF_JOBS}`;
