import { setTimeout as sleep } from 'node:timers/promises';
import {
  BrokenContract,
  contractFor,
  type GiveUpCause,
  type JobRun,
  kindOf,
  type Ledger,
  PermanentFault,
  processing,
  type QueueContract,
  Refusal,
  type RefusalData,
  step,
  RETRIES_WITHOUT_CALLER,
} from '@herald/contracts';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { DelayedError, type Job, UnrecoverableError, type Worker } from 'bullmq';
import { lastValueFrom } from 'rxjs';
import {
  awayError,
  consumerConnection,
  prefixOf,
  type QueueOptions,
  reach,
  type RedisClient,
  checkServers,
} from './connection.js';
import { FailedJobs } from './failed-jobs.js';
import { assertHandlers } from './assert-handlers.js';
import { Gate } from './gate.js';
import { GatewayJobs, type GatewayJobsOptions } from './gateway-jobs.js';
import type { BelievedTimes } from './job-hash.js';
import { failureFields, isProved, type ReceivedJob, receive, runOf, tracedIn, transportOf } from './job-run.js';
import { JobWorker } from './job-worker.js';
import { MAX_STALLS, type QueuedJob } from './queued-job.js';
import { Outage, PROBE_MS } from './outage.js';
import { reply, type Verdict } from './replies.js';

export interface QueueServerOptions extends QueueOptions, GatewayJobsOptions {
  contract: QueueContract;
  ledger: Ledger;
  /** Maximum number of jobs that run concurrently. */
  concurrency: number;
  /** The jobs of a dead worker are locked for at most twice this time. */
  lockMs: number;
  /** Limits for the timestamps of producers. */
  believed?: BelievedTimes;
  /** Time that a stop waits for running jobs; after that they are left to another worker. */
  closeTimeoutMs: number;
  /** Called after each run of a job, successful or not; a postponed job has not run. */
  onRun?: (run: EndedRun) => void;
}

export interface EndedRun extends Pick<JobRun, 'queue' | 'job' | 'attempt' | 'queuedAt' | 'startedAt'> {
  endedAt: Date;
  failed: boolean;
}

/** Minimum time between two log lines about the same error. */
const LOG_AGAIN_MS = 10_000;

class Stalled extends Error {
  override readonly name = 'Stalled';
}

function causeOf(error: Error): GiveUpCause {
  if (error instanceof BrokenContract) return 'broken';
  return error instanceof Stalled ? 'stalled' : 'failed';
}

/** Skips a job and removes it from Redis. */
function skipForGood(job: Job): Verdict {
  job.opts.removeOnComplete = true;
  return { skipped: true };
}

const asError = (value: unknown) => (value instanceof Error ? value : new Error(String(value)));

/** The server of Nest's transport: takes jobs, checks them against the contract, runs handlers and settles outcomes. */
export class QueueServer extends Server implements CustomTransportStrategy {
  /** Makes Nest pass errors of event handlers to this server, which settles them. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly gate = new Gate();
  private readonly gatewayJobs: GatewayJobs;
  private readonly duplicates: string[] = [];
  private redis: RedisClient;
  private worker?: Worker;
  private failedJobs: FailedJobs;
  private outage: Outage;
  /** Times at which each kind of error was last logged. */
  private readonly loggedAt = new Map<string, number>();
  private running = 0;
  private finished = 0;

  constructor(private readonly options: QueueServerOptions) {
    super();
    this.gatewayJobs = new GatewayJobs(options);
  }

  override addHandler(pattern: unknown, handler: MessageHandler, isEvent = false, extras = {}): void {
    const key = this.normalizePattern(pattern as never);
    if (this.messageHandlers.has(key)) this.duplicates.push(key);
    super.addHandler(pattern, handler, isEvent, extras);
  }

  async listen(started: (error?: unknown) => void): Promise<void> {
    try {
      const { contract, concurrency, redis, namespace, lockMs } = this.options;
      const pattern = (job: string) => this.normalizePattern({ queue: contract.queue, job });
      assertHandlers(contract, pattern, [...this.messageHandlers.keys()], this.duplicates);
      this.redis = consumerConnection(redis);
      await checkServers(this.redis, 2000);
      const worker = new JobWorker(
        contract.queue,
        (job, token) => this.runWatched(job, token),
        {
          connection: this.redis,
          prefix: prefixOf(contract.queue, namespace),
          concurrency,
          lockDuration: lockMs,
          stalledInterval: lockMs,
          runRetryDelay: PROBE_MS,
        },
        this.options.believed,
      );
      worker.on('error', (error) => this.logTrouble(error));
      this.worker = worker;
      const { ledger } = this.options;
      this.outage = new Outage({ queue: contract.queue, worker, ledger, logger: this.logger });
      const { proofs } = this.gatewayJobs;
      this.failedJobs = new FailedJobs({ queue: contract.queue, worker, redis: this.redis, ledger, proofs });
      this.failedJobs.startForgetting(lockMs);
      started();
    } catch (error) {
      started(error);
    }
  }

  private async runWatched(job: QueuedJob, token?: string): Promise<Verdict | undefined> {
    this.gatewayJobs.verify(job);
    const run = runOf(job, this.options.contract.queue);
    const { queue, job: name, attempt, queuedAt, startedAt } = run;
    const known = contractFor(this.options.contract, name) && name;
    const reportRun = (failed: boolean) =>
      this.options.onRun?.({ queue, job: name, attempt, queuedAt, startedAt, endedAt: new Date(), failed });
    this.running++;
    try {
      const process = () => this.work(job, run, token);
      const verdict = await step(processing(queue, known, attempt), tracedIn(job), process, run.traceparent);
      reportRun(false);
      return verdict;
    } catch (error) {
      if (!(error instanceof DelayedError)) reportRun(true);
      throw error;
    } finally {
      // A failed run counts as finished too: a worker is stuck only when its jobs never end.
      this.running--;
      this.finished++;
    }
  }

  private async work(job: QueuedJob, initialRun: JobRun, token?: string): Promise<Verdict | undefined> {
    const contract = contractFor(this.options.contract, job.name);
    const { replyTo, deadline } = transportOf(job);
    // The consumer's contract sets attempts and backoff, not the producer's options.
    const retries = contract?.kind === 'command' && !replyTo ? RETRIES_WITHOUT_CALLER : contract;
    if (retries) Object.assign(job.opts, { attempts: retries.attempts, backoff: this.backoff(retries.backoffMs) });
    let run = initialRun;
    try {
      if (await this.failedJobs.isDecided(job)) return skipForGood(job);
      // This precedes the stall checks: a job without proof must not settle a gateway's messages.
      const refused = await this.gatewayJobs.refuse(job, contract, run);
      if (refused) return refused;
      if (job.stalledCounter > MAX_STALLS + 1 && !isProved(job)) throw new Stalled(STALLED);
      if (job.isDeferredFailure) throw new PermanentFault('a job that it depends on failed');
      const received = receive(job, contract, run);
      run = received.run;
      if (replyTo && deadline !== undefined && Date.now() > deadline) return { skipped: true };
      if (job.stalledCounter > MAX_STALLS) throw new Stalled(STALLED);
      const value = await this.gate.run(run.alone, async () => {
        if (run.alone && run.ids && !(await this.options.ledger.startAlone(run))) return undefined;
        return this.handle(job.name, received);
      });
      return replyTo ? await this.sendVerdict(job, replyTo, { value }) : undefined;
    } catch (thrown) {
      const error = asError(thrown);
      if (replyTo && error instanceof Refusal) return this.sendVerdict(job, replyTo, { refusal: error.data });
      if (this.options.ledger.isOutage(error)) return this.postpone(job, token, replyTo);
      const cause = causeOf(error);
      const subject = { job, known: contract !== undefined };
      const final = cause !== 'failed' || PERMANENT.some((kind) => error instanceof kind);
      if (!final && run.attempt < (retries?.attempts ?? 1)) {
        await this.unlessAway(job, token, () => this.options.ledger.noteFailure(run, error));
        this.logger.warn({ message: 'a job failed and will be retried', ...failureFields(subject, run, error) });
        throw error;
      }
      // A waiting caller learns of the failure, so nothing is kept; but an invalid job may be another producer's.
      const isKept = !replyTo || cause === 'broken';
      const giveUp = () => this.failedJobs.giveUp({ job, token, run, error, cause });
      const deadLetters = isKept ? await this.unlessAway(job, token, giveUp) : [];
      if (replyTo) await this.sendVerdict(job, replyTo, { refusal: FAILED });
      this.logger.warn({ message: 'a job is given up', cause, deadLetters, ...failureFields(subject, run, error) });
      throw await this.failedJobs.leaveIfLong(job, new UnrecoverableError(error.message));
    }
  }

  private async handle(name: string, received: ReceivedJob<unknown>): Promise<unknown> {
    const pattern = this.normalizePattern({ queue: this.options.contract.queue, job: name });
    const handler = this.messageHandlers.get(pattern) as MessageHandler;
    return lastValueFrom(this.transformToObservable(await handler(received)), { defaultValue: undefined });
  }

  private async sendVerdict(job: Job, replyTo: string, verdict: Verdict): Promise<Verdict> {
    // The reply is sent first: together with the job's end it would wait until Redis has written that to disk. The job
    // also keeps the verdict, for a caller that missed the reply.
    if (this.gatewayJobs.isReplyChannel(replyTo)) await reply(this.redis, job, replyTo, verdict).catch(() => undefined);
    return verdict;
  }

  /** Delays a job during a database outage without using an attempt. No jobs are taken until a probe succeeds. */
  private async postpone(job: Job, token: string | undefined, replyTo?: string): Promise<Verdict> {
    this.outage.begin();
    if (replyTo) return this.sendVerdict(job, replyTo, { refusal: AWAY });
    await job.moveToDelayed(Date.now() + PROBE_MS, token);
    throw new DelayedError();
  }

  private async unlessAway<T>(job: Job, token: string | undefined, settle: () => Promise<T>): Promise<T | []> {
    try {
      return await settle();
    } catch (error) {
      if (!this.options.ledger.isOutage(error)) throw error;
      await this.postpone(job, token);
      return [];
    }
  }

  /** Logs an error of BullMQ. Each kind is logged only now and then: an outage repeats its errors for every job. */
  private logTrouble(err: Error): void {
    // Error texts may quote jobs, so errors of one type are distinguished by the place where they were thrown.
    const kind = `${kindOf(err)} ${/\n {4}at .*/.exec(err.stack ?? '')?.[0]}`;
    const now = performance.now();
    if (now - (this.loggedAt.get(kind) ?? -Infinity) < LOG_AGAIN_MS) return;
    this.loggedAt.set(kind, now);
    this.logger.warn({ message: `queue ${this.options.contract.queue}: error`, err });
  }

  private backoff(delay: number) {
    return { type: 'exponential', delay };
  }

  /** Rejects while Redis does not respond. */
  async ping(): Promise<void> {
    // A command would wait for the connection indefinitely.
    if (this.redis?.status !== 'ready') throw awayError(this.redis);
    await reach(this.redis, [prefixOf(this.options.contract.queue, this.options.namespace)]);
  }

  /** Returns the number of runs that this worker has ended, and whether there is a job that it could run. */
  async progress(): Promise<{ finished: number; waits: boolean }> {
    const { redis, worker, running } = this;
    if (!worker) return { finished: 0, waits: false };
    const counts = redis.pipeline().llen(worker.toKey('wait')).zcard(worker.toKey('prioritized'));
    const results = (await counts.hmget(worker.toKey('meta'), 'paused', 'concurrency').exec()) ?? [];
    const [waiting, prioritized, [paused, cap]] = results.map(([error, value]) => {
      if (error) throw error;
      return value;
    }) as [number, number, (string | null)[]];
    // With a concurrency limit for all workers together, jobs may be waiting for another worker.
    const free = cap ? 0 : waiting + prioritized;
    return { finished: this.finished, waits: !paused && running + free > 0 };
  }

  /** Takes no more jobs, and waits for running jobs up to the time limit. */
  async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    this.outage.close();
    this.failedJobs.stopForgetting();
    // BullMQ's own close has no time limit. Once disconnected, this worker cannot renew the locks of remaining jobs.
    await Promise.race([worker.close(), sleep(this.options.closeTimeoutMs, undefined, { ref: false })]);
    this.redis.disconnect();
  }

  on(): void {
    throw new Error('The queue server has no events of its own');
  }

  unwrap<T>(): T {
    return this.worker as T;
  }
}

const FAILED: RefusalData = { status: 500, message: 'The request could not be completed' };
const AWAY: RefusalData = { status: 503, message: 'The database is away; try again' };
const STALLED = 'its workers died or hung too often';
/** Errors that a retry would repeat. RangeError is the stack overflow of data that is nested too deeply. */
const PERMANENT = [Refusal, PermanentFault, RangeError];
