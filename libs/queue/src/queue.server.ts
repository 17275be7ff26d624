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
  UNAWAITED,
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
  refuseUnfit,
} from './connection.js';
import { FailedJobs } from './failed-jobs.js';
import { refuseGaps } from './gaps.js';
import { Gate } from './gate.js';
import { GatewayJobs, type GatewayJobsOptions } from './gateway-jobs.js';
import type { BelievedTimes } from './job-hash.js';
import { aboutFailure, isProved, type ReceivedJob, receive, runOf, tracedIn, transportOf } from './job-run.js';
import { JobWorker } from './job-worker.js';
import { MAX_STALLS, type QueuedJob } from './queued-job.js';
import { Outage, PROBE_MS } from './outage.js';
import { reply, type Verdict } from './replies.js';

export interface QueueServerOptions extends QueueOptions, GatewayJobsOptions {
  contract: QueueContract;
  ledger: Ledger;
  /** Jobs in work at once. */
  concurrency: number;
  /** A worker that dies holds its jobs for at most twice this long. */
  lockMs: number;
  /** Bounds for the times that producers put on their jobs. */
  believed?: BelievedTimes;
  /** How long a stop waits for jobs in work; after that they are left to another worker. */
  closeTimeoutMs: number;
  /** Told of each run of a job that ended, well or not; a job that was only postponed has not run. */
  ran?: (run: EndedRun) => void;
}

export interface EndedRun extends Pick<JobRun, 'queue' | 'job' | 'attempt' | 'queuedAt' | 'startedAt'> {
  endedAt: Date;
  failed: boolean;
}

/** How long nothing is said of trouble that was told. */
const TELL_AGAIN_MS = 10_000;

class Stalled extends Error {
  override readonly name = 'Stalled';
}

function causeOf(error: Error): GiveUpCause {
  if (error instanceof BrokenContract) return 'broken';
  return error instanceof Stalled ? 'stalled' : 'failed';
}

/** Leaves no trace of a job that nobody wants any more. */
function skipForGood(job: Job): Verdict {
  job.opts.removeOnComplete = true;
  return { skipped: true };
}

const asError = (value: unknown) => (value instanceof Error ? value : new Error(String(value)));

/** Nest's side of a queue: takes jobs, checks them against the contract, runs their handlers and settles the outcome. */
export class QueueServer extends Server implements CustomTransportStrategy {
  /** Errors of event handlers come back to this server, which settles them. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly gate = new Gate();
  private readonly gatewayJobs: GatewayJobs;
  private readonly doubles: string[] = [];
  private redis: RedisClient;
  private worker?: Worker;
  private failedJobs: FailedJobs;
  private outage: Outage;
  /** When each kind of trouble was last told. */
  private readonly told = new Map<string, number>();
  private inWork = 0;
  private finished = 0;

  constructor(private readonly options: QueueServerOptions) {
    super();
    this.gatewayJobs = new GatewayJobs(options);
  }

  override addHandler(pattern: unknown, handler: MessageHandler, isEvent = false, extras = {}): void {
    const key = this.normalizePattern(pattern as never);
    if (this.messageHandlers.has(key)) this.doubles.push(key);
    super.addHandler(pattern, handler, isEvent, extras);
  }

  async listen(started: (error?: unknown) => void): Promise<void> {
    try {
      const { contract, concurrency, redis, namespace, lockMs } = this.options;
      const pattern = (job: string) => this.normalizePattern({ queue: contract.queue, job });
      refuseGaps(contract, pattern, [...this.messageHandlers.keys()], this.doubles);
      this.redis = consumerConnection(redis);
      await refuseUnfit(this.redis, 2000);
      const worker = new JobWorker(
        contract.queue,
        (job, token) => this.watched(job, token),
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
      worker.on('error', (error) => this.noteTrouble(error));
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

  private async watched(job: QueuedJob, token?: string): Promise<Verdict | undefined> {
    this.gatewayJobs.note(job);
    const run = runOf(job, this.options.contract.queue);
    const { queue, job: name, attempt, queuedAt, startedAt } = run;
    const known = contractFor(this.options.contract, name) && name;
    const note = (failed: boolean) =>
      this.options.ran?.({ queue, job: name, attempt, queuedAt, startedAt, endedAt: new Date(), failed });
    this.inWork++;
    try {
      const process = () => this.work(job, run, token);
      const verdict = await step(processing(queue, known, attempt), tracedIn(job), process, run.traceparent);
      note(false);
      return verdict;
    } catch (error) {
      if (!(error instanceof DelayedError)) note(true);
      throw error;
    } finally {
      // Ended is finished, whichever way: what must not happen is that jobs never end.
      this.inWork--;
      this.finished++;
    }
  }

  private async work(job: QueuedJob, asCame: JobRun, token?: string): Promise<Verdict | undefined> {
    const contract = contractFor(this.options.contract, job.name);
    const { replyTo, deadline } = transportOf(job);
    // The consumer's contract decides, whatever a producer asked for or forgot.
    const patience = contract?.kind === 'request' && !replyTo ? UNAWAITED : contract;
    if (patience) Object.assign(job.opts, { attempts: patience.attempts, backoff: this.backoff(patience.backoffMs) });
    let run = asCame;
    try {
      if (await this.failedJobs.isDecided(job)) return skipForGood(job);
      // Before the stalls: what is not the gateway's must not settle the gateway's messages.
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
      return replyTo ? await this.answer(job, replyTo, { value }) : undefined;
    } catch (thrown) {
      const error = asError(thrown);
      if (replyTo && error instanceof Refusal) return this.answer(job, replyTo, { refusal: error.data });
      if (this.options.ledger.isOutage(error)) return this.postpone(job, token, replyTo);
      const cause = causeOf(error);
      const asked = { job, known: contract !== undefined };
      const final = cause !== 'failed' || PERMANENT.some((kind) => error instanceof kind);
      if (!final && run.attempt < (patience?.attempts ?? 1)) {
        await this.unlessAway(job, token, () => this.options.ledger.noteFailure(run, error));
        this.logger.warn({ message: 'a job failed, and is tried again', ...aboutFailure(asked, run, error) });
        throw error;
      }
      // Who waits is told, and nothing was promised; but what breaks its contract may be anybody's.
      const isKept = !replyTo || cause === 'broken';
      const giveUp = () => this.failedJobs.giveUp({ job, token, run, error, cause });
      const deadLetters = isKept ? await this.unlessAway(job, token, giveUp) : [];
      if (replyTo) await this.answer(job, replyTo, { refusal: FAILED });
      this.logger.warn({ message: 'a job is given up', cause, deadLetters, ...aboutFailure(asked, run, error) });
      throw new UnrecoverableError(error.message);
    }
  }

  private async handle(name: string, received: ReceivedJob<unknown>): Promise<unknown> {
    const pattern = this.normalizePattern({ queue: this.options.contract.queue, job: name });
    const handler = this.messageHandlers.get(pattern) as MessageHandler;
    return lastValueFrom(this.transformToObservable(await handler(received)), { defaultValue: undefined });
  }

  private async answer(job: Job, replyTo: string, verdict: Verdict): Promise<Verdict> {
    // The caller first: sent together with the job's end, the reply would wait for Redis to write that to disk. The job
    // keeps the verdict too, for a caller who missed the reply.
    if (this.gatewayJobs.isReplyChannel(replyTo)) await reply(this.redis, job, replyTo, verdict).catch(() => undefined);
    return verdict;
  }

  /** The database is away: nothing is wrong with the job. It waits, unblamed, and fetching stops until a probe succeeds. */
  private async postpone(job: Job, token: string | undefined, replyTo?: string): Promise<Verdict> {
    this.outage.begin();
    if (replyTo) return this.answer(job, replyTo, { refusal: AWAY });
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

  /** An outage makes the same errors over and over, for every job in work: of a kind, one is told in a while. */
  private noteTrouble(err: Error): void {
    // Its words may quote jobs; those that differ in nothing else are told apart by where they were thrown.
    const kind = `${kindOf(err)} ${/\n {4}at .*/.exec(err.stack ?? '')?.[0]}`;
    const now = performance.now();
    if (now - (this.told.get(kind) ?? -Infinity) < TELL_AGAIN_MS) return;
    this.told.set(kind, now);
    this.logger.warn({ message: `queue ${this.options.contract.queue}: trouble`, err });
  }

  private backoff(delay: number) {
    return { type: 'exponential', delay };
  }

  /** Rejects while Redis does not answer. */
  async ping(): Promise<void> {
    // A command would wait for the connection, however long that takes.
    if (this.redis?.status !== 'ready') throw awayError(this.redis);
    await reach(this.redis, [prefixOf(this.options.contract.queue, this.options.namespace)]);
  }

  /** How many runs of jobs this worker has ended, and whether there is a job that it could be at. */
  async progress(): Promise<{ finished: number; waits: boolean }> {
    const { redis, worker, inWork } = this;
    if (!worker) return { finished: 0, waits: false };
    const counts = redis.pipeline().llen(worker.toKey('wait')).zcard(worker.toKey('prioritized'));
    const answers = (await counts.hmget(worker.toKey('meta'), 'paused', 'concurrency').exec()) ?? [];
    const [waiting, prioritized, [paused, cap]] = answers.map(([error, value]) => {
      if (error) throw error;
      return value;
    }) as [number, number, (string | null)[]];
    // Under a cap for all workers together, jobs may wait for another worker's to end.
    const free = cap ? 0 : waiting + prioritized;
    return { finished: this.finished, waits: !paused && inWork + free > 0 };
  }

  /** Stops taking jobs, finishes those in work, and leaves in time. */
  async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    this.outage.close();
    this.failedJobs.stopForgetting();
    // BullMQ's own close has no time limit; without Redis it cannot hold on to the jobs that are left.
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
/** Kinds of errors that come again whenever the job is tried; the last is data too deep to be walked through. */
const PERMANENT = [Refusal, PermanentFault, RangeError];
