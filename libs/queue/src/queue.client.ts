import { randomUUID } from 'node:crypto';
import {
  activeTraceparent,
  checkData,
  gatewayTimeout,
  type JobContract,
  type JobData,
  type JobName,
  type JobReply,
  MAX_JOB_BYTES,
  HeraldError,
  type QueueContract,
  Refusal,
  sending,
  step,
  type Traced,
  unavailable,
} from '@herald/contracts';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { type Job, type JobsOptions, Queue } from 'bullmq';
import { lastValueFrom } from 'rxjs';
import {
  awayError,
  prefixOf,
  producerConnection,
  type QueueOptions,
  reach,
  type RedisClient,
  checkServers,
  WITHOUT_VERSION_CHECK,
} from './connection.js';
import { metadataFor, type Transport } from './job-run.js';
import { Proofs } from './proof.js';
import { ReplyInbox, type Verdict } from './replies.js';

interface Pattern {
  queue: string;
  job: string;
}

interface Addressed {
  data: unknown;
  options?: PublishOptions;
}

export interface PublishOptions {
  /** Must not be in use. Default: a new UUID. */
  jobId?: string;
  /** Runs exclusively in its worker. */
  alone?: boolean;
  /** Runs before jobs that already wait. */
  urgent?: boolean;
  /** Time that the job is kept after success, for callers that check its state. Default: removed immediately. */
  keepSeconds?: number;
  /** The job's messages, each with its trace. Default: one message in the current trace. */
  traced?: Traced[];
}

/** State of a job. */
export type JobState = 'gone' | 'pending' | 'active' | 'completed' | 'failed';

/** A command is kept for callers that missed the reply. */
const COMMAND_OPTIONS: JobsOptions = { removeOnComplete: { age: 60 } };

interface ClientOptions extends QueueOptions {
  /** The first signs the gateway's jobs. */
  secrets: string[];
  /** Throws when no worker could run a command now, so that its caller need not wait for the timeout. */
  beforeCommand?: () => void;
}

/** A producer: `enqueue` puts a job on a queue; `ask` also waits for its verdict. */
export class QueueClient extends ClientProxy {
  private readonly redis: RedisClient;
  private readonly inbox: ReplyInbox;
  private readonly queues = new Map<string, Queue>();
  private readonly contracts: Map<string, QueueContract>;
  private readonly namespace: string;
  private readonly proofs: Proofs;

  constructor(
    contracts: QueueContract[],
    private readonly options: ClientOptions,
  ) {
    super();
    this.namespace = options.namespace ?? 'herald';
    this.proofs = new Proofs(options.secrets);
    this.contracts = new Map(contracts.map((contract) => [contract.queue, contract]));
    this.redis = producerConnection(options.redis);
    this.inbox = new ReplyInbox(producerConnection(options.redis), this.namespace);
  }

  /** Does nothing: Redis commands fail immediately while Redis is unavailable, so there is no need to wait. */
  async connect(): Promise<void> {}

  /** False while Redis is known to be unavailable. */
  get isConnected(): boolean {
    return this.redis.status === 'ready';
  }

  /** @throws Error when Redis is available but not configured as the queues need it */
  async check(): Promise<void> {
    await checkServers(this.redis, 2000);
  }

  /** Enqueues an event. Rejects within about a second when Redis is unavailable; the job may still be enqueued. */
  async enqueue<C extends QueueContract, N extends JobName<C>>(
    contract: C,
    job: N,
    data: JobData<C, N>,
    options?: PublishOptions,
  ): Promise<void> {
    await lastValueFrom(this.emit({ queue: contract.queue, job }, { data, options }));
  }

  /**
   * Enqueues a command and waits for its verdict.
   * @throws Refusal of the handler or of `beforeCommand`; 503 when Redis is unavailable, 504 when no verdict arrives in
   * time
   */
  async ask<C extends QueueContract, N extends JobName<C>>(
    contract: C,
    job: N,
    data: JobData<C, N>,
  ): Promise<JobReply<C, N>> {
    return lastValueFrom(this.send({ queue: contract.queue, job }, { data }));
  }

  /** Returns the states of jobs, in one round trip. */
  async states(contract: QueueContract, jobIds: string[]): Promise<JobState[]> {
    const queue = this.queueOf(contract.queue);
    const pipeline = this.redis.pipeline();
    for (const id of jobIds) pipeline.hmget(queue.toKey(id), 'timestamp', 'processedOn', 'finishedOn', 'failedReason');
    const rows = (await pipeline.exec()) ?? [];
    return rows.map(([error, fields]) => {
      if (error) throw error;
      const [timestamp, processedOn, finishedOn, failedReason] = fields as (string | null)[];
      if (!timestamp) return 'gone';
      if (finishedOn) return failedReason ? 'failed' : 'completed';
      return processedOn ? 'active' : 'pending';
    });
  }

  /** Rejects while Redis, or in a cluster a node with one of the queues (default: all), does not respond. */
  async ping(...queues: string[]): Promise<void> {
    if (!this.isConnected) throw awayError(this.redis);
    const names = queues.length > 0 ? queues : [...this.contracts.keys()];
    await reach(
      this.redis,
      names.map((queue) => prefixOf(queue, this.namespace)),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.inbox.close();
    this.redis.disconnect();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  unwrap<T>(): T {
    return this.redis as T;
  }

  protected async dispatchEvent<T>(packet: ReadPacket<Addressed>): Promise<T> {
    const { data, options } = packet.data;
    const pattern = packet.pattern as Pattern;
    const { traced = [inCurrentTrace(data)] } = options ?? {};
    const traceparents = traced.map(({ traceparent }) => traceparent ?? null);
    const transport: Transport = {
      ...(options?.alone ? { alone: true } : {}),
      ...(new Set(traceparents).size > 1 ? { traceparents } : {}),
    };
    await step(sending(pattern.queue, pattern.job), traced, () =>
      // Herald's own jobs are removed after success: their effect is in Postgres.
      this.add(pattern, data, transport, {
        removeOnComplete: options?.keepSeconds ? { age: options.keepSeconds } : true,
        jobId: options?.jobId ?? randomUUID(),
        lifo: options?.urgent === true,
      }),
    );
    return undefined as T;
  }

  protected publish(packet: ReadPacket<Addressed>, settle: (packet: WritePacket) => void): () => void {
    this.request(packet.pattern as Pattern, packet.data.data).then(
      (response) => settle({ response, isDisposed: true }),
      (err: unknown) => settle({ err, isDisposed: true }),
    );
    return () => undefined;
  }

  private async request(pattern: Pattern, data: unknown): Promise<unknown> {
    this.options.beforeCommand?.();
    const timeoutMs = this.contractOf(pattern).timeoutMs;
    const jobId = randomUUID();
    const reply = this.inbox.await(jobId, timeoutMs);
    const transport = { replyTo: this.inbox.channel, deadline: Date.now() + timeoutMs };
    try {
      await step(sending(pattern.queue, pattern.job), [inCurrentTrace(data)], () =>
        this.add(pattern, data, transport, { ...COMMAND_OPTIONS, jobId }),
      );
    } catch (error) {
      reply.cancel();
      throw Object.assign(unavailable('The queue is away; try again'), { cause: error });
    }
    const verdict = (await reply.verdict) ?? (await this.verdictOf(pattern.queue, jobId));
    if (verdict && 'value' in verdict) return verdict.value;
    if (verdict && 'refusal' in verdict) throw new Refusal(verdict.refusal);
    throw gatewayTimeout('No answer in time; a retry with the same Idempotency-Key is safe');
  }

  /** Reads the verdict from the job itself, because a reply can be lost in a reconnect. */
  private async verdictOf(queue: string, jobId: string): Promise<Verdict | undefined> {
    const job: Job | undefined = await this.queueOf(queue)
      .getJob(jobId)
      .catch(() => undefined);
    return job?.finishedOn ? (job.returnvalue as Verdict) : undefined;
  }

  private async add(
    pattern: Pattern,
    data: unknown,
    transport: Transport,
    options: JobsOptions & { jobId: string },
  ): Promise<void> {
    if (!this.isConnected) throw awayError(this.redis);
    const contract = this.contractOf(pattern);
    const checked = checkData(contract, data) as object;
    const { attempts, backoffMs, gatewayOnly } = contract;
    const asGateway = gatewayOnly || Object.keys(transport).length > 0;
    const place = [prefixOf(pattern.queue, this.namespace), pattern.job, options.jobId] as const;
    const traceparent = activeTraceparent();
    await this.queueOf(pattern.queue).add(
      pattern.job,
      asGateway ? this.proofs.sign(place, checked, transport) : checked,
      {
        ...options,
        attempts,
        backoff: { type: 'exponential', delay: backoffMs },
        sizeLimit: MAX_JOB_BYTES,
        ...(traceparent ? { telemetry: { metadata: metadataFor(traceparent) } } : {}),
      },
    );
  }

  private contractOf({ queue, job }: Pattern): JobContract {
    const contract = this.contracts.get(queue)?.jobs[job];
    if (!contract) throw new HeraldError(`No contract for job ${job} of queue ${queue}`);
    return contract;
  }

  private queueOf(name: string): Queue {
    let queue = this.queues.get(name);
    if (!queue) {
      const prefix = prefixOf(name, this.namespace);
      queue = new Queue(name, {
        connection: this.redis,
        prefix,
        streams: { events: { maxLen: 1000 } },
        ...WITHOUT_VERSION_CHECK,
      });
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
    return queue;
  }
}

/** Returns the job's message in the current trace. */
function inCurrentTrace(data: unknown): Traced {
  const { correlationId } = Object(data) as { correlationId?: string };
  return { id: correlationId, traceparent: activeTraceparent() };
}
