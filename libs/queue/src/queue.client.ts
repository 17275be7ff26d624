import { randomUUID } from 'node:crypto';
import {
  checkData,
  gatewayTimeout,
  type JobContract,
  type JobData,
  type JobName,
  type JobReply,
  MAX_JOB_BYTES,
  type QueueContract,
  Refusal,
  sending,
  step,
  type Traced,
  traceparentHere,
  unavailable,
  OwnFault,
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
  refuseUnfit,
  UNASKED,
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
  /** Must not be in use; a fresh UUID unless given. */
  jobId?: string;
  /** Runs while nothing else runs in its worker. */
  alone?: boolean;
  /** Overtakes what waits. */
  urgent?: boolean;
  /** Stays this long after it succeeded, for an owner who looks for its end; unless given, it leaves at once. */
  keepSeconds?: number;
  /** The messages that it carries, each with its trace; unless given, it belongs to what is under way. */
  traced?: Traced[];
}

/** Where a job stands, as far as its owner must know. */
export type JobState = 'gone' | 'pending' | 'active' | 'completed' | 'failed';

/** A request is kept for a caller who missed the reply. */
const REQUEST_OPTIONS: JobsOptions = { removeOnComplete: { age: 60 } };

interface ClientOptions extends QueueOptions {
  /** The first signs the gateway's jobs. */
  secrets: string[];
  /** Throws when nobody could work a request off now: its caller need not wait to learn that. */
  beforeAsking?: () => void;
}

/** A producer: `enqueue` puts a job on a queue, `ask` also waits for its verdict. */
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

  /** Commands fail at once while Redis is away, so there is nothing to wait for. */
  async connect(): Promise<void> {}

  /** False while Redis is known to be away. */
  get isConnected(): boolean {
    return this.redis.status === 'ready';
  }

  /** @throws Error when Redis is there and is not as the queues need it */
  async check(): Promise<void> {
    await refuseUnfit(this.redis, 2000);
  }

  /** Puts an event on its queue. Rejects within about a second when Redis is away; the job may be there all the same. */
  async enqueue<C extends QueueContract, N extends JobName<C>>(
    contract: C,
    job: N,
    data: JobData<C, N>,
    options?: PublishOptions,
  ): Promise<void> {
    await lastValueFrom(this.emit({ queue: contract.queue, job }, { data, options }));
  }

  /**
   * Puts a request on its queue and waits for the verdict.
   * @throws Refusal as the handler threw it, or as `beforeAsking` does; 503 when Redis is away, 504 when no verdict came
   * in time
   */
  async ask<C extends QueueContract, N extends JobName<C>>(
    contract: C,
    job: N,
    data: JobData<C, N>,
  ): Promise<JobReply<C, N>> {
    return lastValueFrom(this.send({ queue: contract.queue, job }, { data }));
  }

  /** Where jobs stand, in one round trip. */
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

  /** Rejects while Redis, or of a cluster the node that has one of these queues, does not answer; all queues unless given. */
  async ping(...queues: string[]): Promise<void> {
    if (!this.isConnected) throw awayError(this.redis);
    const asked = queues.length > 0 ? queues : [...this.contracts.keys()];
    await reach(
      this.redis,
      asked.map((queue) => prefixOf(queue, this.namespace)),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.inbox.close();
    this.redis.disconnect();
  }

  unwrap<T>(): T {
    return this.redis as T;
  }

  protected async dispatchEvent<T>(packet: ReadPacket<Addressed>): Promise<T> {
    const { data, options } = packet.data;
    const pattern = packet.pattern as Pattern;
    const { traced = [here(data)] } = options ?? {};
    const traceparents = traced.map(({ traceparent }) => traceparent ?? null);
    const transport: Transport = {
      ...(options?.alone ? { alone: true } : {}),
      ...(new Set(traceparents).size > 1 ? { traceparents } : {}),
    };
    await step(sending(pattern.queue, pattern.job), traced, () =>
      // Jobs of Herald's own leave when they succeeded: what they did stands in Postgres.
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
    this.options.beforeAsking?.();
    const timeoutMs = this.contractOf(pattern).timeoutMs;
    const jobId = randomUUID();
    const awaited = this.inbox.await(jobId, timeoutMs);
    const transport = { replyTo: this.inbox.channel, deadline: Date.now() + timeoutMs };
    try {
      await step(sending(pattern.queue, pattern.job), [here(data)], () =>
        this.add(pattern, data, transport, { ...REQUEST_OPTIONS, jobId }),
      );
    } catch (error) {
      awaited.cancel();
      throw Object.assign(unavailable('The queue is away; try again'), { cause: error });
    }
    const verdict = (await awaited.verdict) ?? (await this.verdictOf(pattern.queue, jobId));
    if (verdict && 'value' in verdict) return verdict.value;
    if (verdict && 'refusal' in verdict) throw new Refusal(verdict.refusal);
    throw gatewayTimeout('No answer in time; a retry with the same Idempotency-Key is safe');
  }

  /** A reply can be lost in a reconnect: the job itself knows how it ended. */
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
    const { attempts, backoffMs, ofGateway } = contract;
    const asGateway = ofGateway || Object.keys(transport).length > 0;
    const place = [prefixOf(pattern.queue, this.namespace), pattern.job, options.jobId] as const;
    const traceparent = traceparentHere();
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
    if (!contract) throw new OwnFault(`No contract for job ${job} of queue ${queue}`);
    return contract;
  }

  private queueOf(name: string): Queue {
    let queue = this.queues.get(name);
    if (!queue) {
      const prefix = prefixOf(name, this.namespace);
      queue = new Queue(name, { connection: this.redis, prefix, streams: { events: { maxLen: 1000 } }, ...UNASKED });
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
    return queue;
  }
}

/** A job that belongs to what is under way. */
function here(data: unknown): Traced {
  const { correlationId } = Object(data) as { correlationId?: string };
  return { id: correlationId, traceparent: traceparentHere() };
}
