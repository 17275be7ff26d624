import { randomUUID } from 'node:crypto';
import { forEach, Repeat } from '@herald/bootstrap';
import { MAX_OWED_IDS, type QueueContract } from '@herald/contracts';
import {
  assignJobs,
  Database,
  findOldJobs,
  lockMessagesOf,
  type PublishedJob,
  splitJobs,
  type Sql,
} from '@herald/database';
import { type JobState, QueueClient } from '@herald/queue';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { GatewayEnv } from '../gateway.env.js';
import { type OwedJob, packJobs } from './outbox-message.js';
import { OWED_QUEUES, OwedPublisher } from './owed-publisher.js';

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
  private readonly reached = new Map<string, PublishedJob>();
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
    if (failed.length > 0) await this.database.feeding((tx) => splitJobs(tx, contract.queue, failed));
    if (lost.length === 0) return;
    const jobs = await this.database.feeding((tx) => this.replace(tx, contract.queue, lost));
    this.logger.log(`queue ${contract.queue}: ${lost.length} lost jobs replaced`);
    await this.publisher.publish(jobs);
  }

  private async findOld(tx: Sql, queue: string): Promise<PublishedJob[]> {
    const after = this.reached.get(queue);
    const old = await findOldJobs(tx, queue, { ageMs: this.settings.SWEEP_AFTER_MS, after, limit: MAX_JOBS_PER_ROUND });
    const last = old.length === MAX_JOBS_PER_ROUND ? old.at(-1) : undefined;
    if (last) this.reached.set(queue, last);
    else this.reached.delete(queue);
    return old;
  }

  private async replace(tx: Sql, queue: string, lost: PublishedJob[]): Promise<OwedJob[]> {
    const jobs = packJobs(await lockMessagesOf(tx, queue, lost), MAX_OWED_IDS, randomUUID);
    await assignJobs(tx, jobs);
    return jobs;
  }
}
