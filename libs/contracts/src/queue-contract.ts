import { IsBoolean, IsIn } from 'class-validator';
import { Dto, type DtoClass } from './dto.js';
import { AreIds, Described, IsId, Nested } from './rules.js';

/**
 * One kind of job on a queue. Its data are checked against the class by the producer and again by the consumer; an
 * invalid job becomes a dead letter.
 */
export interface JobContract<Data = unknown, Reply = unknown> {
  /** `event`: no caller waits. `command`: a caller waits for the reply, at most `timeoutMs`. */
  kind: 'event' | 'command';
  data: DtoClass<Data>;
  reply?: DtoClass<Reply>;
  /** Number of attempts before the job is given up, if it fails for a temporary reason. */
  attempts: number;
  /** Delay before the first retry; doubles with each. */
  backoffMs: number;
  timeoutMs: number;
  /** Returns the parts of a job's data for an outbox row. Absent for a job that is no message and is never owed. */
  keep?(data: Data): Kept;
  /** True if only a gateway may enqueue the job: without a gateway's proof it has no effect. */
  gatewayOnly?: boolean;
}

/** The parts of a job's data that an outbox row stores, and its company. */
export interface Kept {
  companyId: string;
  body: unknown;
}

/** Retries of a command without a waiting caller; data that it needs may still arrive. */
export const RETRIES_WITHOUT_CALLER = { attempts: 8, backoffMs: 1000 };

/** A queue as data: its name and its jobs. Producers and consumers share it. */
export interface QueueContract<Jobs extends Record<string, JobContract> = Record<string, JobContract>> {
  queue: string;
  jobs: Jobs;
}

/** Returns the contract of a job by its name, which may be any text; undefined when the queue has no such job. */
export const contractFor = ({ jobs }: QueueContract, job: string): JobContract | undefined =>
  Object.hasOwn(jobs, job) ? jobs[job] : undefined;

export type JobName<C extends QueueContract> = keyof C['jobs'] & string;
export type JobData<C extends QueueContract, N extends JobName<C>> =
  C['jobs'][N] extends JobContract<infer Data> ? Data : never;
export type JobReply<C extends QueueContract, N extends JobName<C>> =
  C['jobs'][N] extends JobContract<unknown, infer Reply> ? Reply : never;

export function event<Data>(data: DtoClass<Data>): JobContract<Data, never> {
  return { kind: 'event', data, attempts: 5, backoffMs: 1000, timeoutMs: 0 };
}

export function command<Data, Reply>(data: DtoClass<Data>, reply: DtoClass<Reply>): JobContract<Data, Reply> {
  return { kind: 'command', data, reply, attempts: 3, backoffMs: 50, timeoutMs: 5000 };
}

/** Reserves a job for gateways; other producers cannot enqueue it. */
export const gatewayOnly = <Data, Reply>(contract: JobContract<Data, Reply>): JobContract<Data, Reply> => ({
  ...contract,
  gatewayOnly: true,
});

/** Fields of every command and message on a queue (contracts README, "Job data"). */
@Dto({ ignoresOthers: true })
export class NamedJob {
  /** Version of the job format, 1 by default. */
  @IsIn([1], { message: 'must be 1' }) v = 1 as const;
  @IsId() correlationId: string;
}

export interface FromCompany<Body> extends NamedJob {
  companyId: string;
  body: Body;
}

/** Returns the class of a company's job (contracts README, "Job data"); its `body` is exactly the REST body. */
export function fromCompany<Body>(type: DtoClass<Body>): DtoClass<FromCompany<Body>> {
  @Dto({ ignoresOthers: true })
  class CompanysJob extends NamedJob implements FromCompany<Body> {
    @IsId()
    companyId: string;

    @Nested(() => type as DtoClass)
    body: Body;
  }
  return CompanysJob;
}

/** Declares a message from producers; its body, also in the outbox, is exactly the REST body. */
export const message = <Body>(body: DtoClass<Body>) => kept(event(fromCompany(body)));

const kept = <Data extends Kept, Reply>(contract: JobContract<Data, Reply>): JobContract<Data, Reply> => ({
  ...contract,
  keep: ({ companyId, body }) => ({ companyId, body }),
});

/** Maximum number of messages in one job. */
export const MAX_OWED_IDS = 200;

@Dto({ ignoresOthers: true })
class Owed {
  @AreIds(MAX_OWED_IDS) ids: string[];
}

/** Herald's own job, on every queue: it contains ids of outbox rows, whose content stays in Postgres. */
export const owed = gatewayOnly(event(Owed));

/** The verdict of a command that runs once per correlationId. */
export interface CommandResult<Verdict> {
  verdict: Verdict;
  /** True when the command had its effect earlier, and this is the verdict of that run. */
  replayed: boolean;
  /** Time of that effect, in ISO 8601. Absent from workers of an earlier version. */
  since?: string;
  /** The command's correlationId, where it is not that of its job. */
  correlationId?: string;
}

/** Returns the class of such a command's reply. */
export function resultOf<Verdict>(type: DtoClass<Verdict>): DtoClass<CommandResult<Verdict>> {
  @Dto()
  class VerdictOf implements CommandResult<Verdict> {
    @Nested(() => type as DtoClass)
    verdict: Verdict;

    @IsBoolean()
    replayed: boolean;
  }
  return VerdictOf;
}

/** Response to a message that was committed and will take effect through its queue. */
@Dto({ name: 'Accepted' })
export class Accepted {
  @IsId() @Described('Names the message from now on: keep it to follow its way') correlationId: string;
}
