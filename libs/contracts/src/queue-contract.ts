import { IsBoolean, IsIn } from 'class-validator';
import { Dto, type DtoClass } from './dto.js';
import { AreIds, Described, IsId, Nested } from './rules.js';

/**
 * One kind of job on a queue. Its data are checked against the class where the job is made and again where it is
 * consumed; a job that breaks it becomes a dead letter.
 */
export interface JobContract<Data = unknown, Reply = unknown> {
  /** `event`: nobody waits. `request`: a caller waits for the reply, at most `timeoutMs`. */
  kind: 'event' | 'request';
  data: DtoClass<Data>;
  reply?: DtoClass<Reply>;
  /** How often the job may fail for a passing reason before it is given up. */
  attempts: number;
  /** Delay before the first retry; doubles with each. */
  backoffMs: number;
  timeoutMs: number;
  /** What an outbox row keeps of a job's data. Absent where the job is no message, so that it is never owed. */
  keep?(data: Data): Kept;
  /** Only a gateway may ask for it: a job without a gateway's proof has no effect. */
  ofGateway?: boolean;
}

/** The part of a job's data that an outbox row keeps, and the company it belongs to. */
export interface Kept {
  companyId: string;
  body: unknown;
}

/** How long a command that nobody waits for is tried: what it lacks may still come. */
export const UNAWAITED = { attempts: 8, backoffMs: 1000 };

/** A queue as data: its name and the jobs that may stand in it. Producers and consumers share it. */
export interface QueueContract<Jobs extends Record<string, JobContract> = Record<string, JobContract>> {
  queue: string;
  jobs: Jobs;
}

/** The contract of a job by its name, which may be any text; undefined when the queue has no such job. */
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

export function request<Data, Reply>(data: DtoClass<Data>, reply: DtoClass<Reply>): JobContract<Data, Reply> {
  return { kind: 'request', data, reply, attempts: 3, backoffMs: 50, timeoutMs: 5000 };
}

/** Makes a job the gateway's own, which producers cannot ask for. */
export const ofGateway = <Data, Reply>(contract: JobContract<Data, Reply>): JobContract<Data, Reply> => ({
  ...contract,
  ofGateway: true,
});

/** What every command and message on a queue has (contracts README, "Job data"). */
@Dto({ ignoresOthers: true })
export class NamedJob {
  /** Version of the job format. Absent means 1, so producers may leave it out. */
  @IsIn([1], { message: 'must be 1' }) v = 1 as const;
  @IsId() correlationId: string;
}

export interface FromCompany<Body> extends NamedJob {
  companyId: string;
  body: Body;
}

/** What a producer puts on a queue for a company (contracts README, "Job data"): `body` is exactly the REST body. */
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

/** A message from a producer: it may stand in the outbox, where its body is exactly the REST body. */
export const message = <Body>(body: DtoClass<Body>) => kept(event(fromCompany(body)));

const kept = <Data extends Kept, Reply>(contract: JobContract<Data, Reply>): JobContract<Data, Reply> => ({
  ...contract,
  keep: ({ companyId, body }) => ({ companyId, body }),
});

/** At most this many messages travel in one job. */
export const MAX_OWED_IDS = 200;

@Dto({ ignoresOthers: true })
class Owed {
  @AreIds(MAX_OWED_IDS) ids: string[];
}

/** Herald's own job, on every queue: ids of outbox rows, whose content stays in Postgres. */
export const owed = ofGateway(event(Owed));

/** The verdict of a command that runs once per correlationId. */
export interface Answered<Verdict> {
  verdict: Verdict;
  /** True when the command had its effect earlier, and this is the answer of that time. */
  replayed: boolean;
}

/** The reply of such a command. */
export function answered<Verdict>(type: DtoClass<Verdict>): DtoClass<Answered<Verdict>> {
  @Dto()
  class VerdictOf implements Answered<Verdict> {
    @Nested(() => type as DtoClass)
    verdict: Verdict;

    @IsBoolean()
    replayed: boolean;
  }
  return VerdictOf;
}

/** Answer to a message that was committed, and will take effect through its queue. */
@Dto({ name: 'Accepted' })
export class Accepted {
  @IsId() @Described('Names the message from now on: keep it to follow its way') correlationId: string;
}
