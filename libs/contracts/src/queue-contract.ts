import { z } from 'zod';
import { uuid } from './text.js';

/**
 * One kind of job on a queue. The schema is checked where the job is made and again where it is consumed; a job that
 * breaks it becomes a dead letter.
 */
export interface JobContract<Data = unknown, Reply = unknown> {
  /** `event`: nobody waits. `request`: a caller waits for the reply, at most `timeoutMs`. */
  kind: 'event' | 'request';
  data: z.ZodType<Data>;
  reply?: z.ZodType<Reply>;
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

export function event<Data>(data: z.ZodType<Data>): JobContract<Data, never> {
  return { kind: 'event', data, attempts: 5, backoffMs: 1000, timeoutMs: 0 };
}

export function request<Data, Reply>(data: z.ZodType<Data>, reply: z.ZodType<Reply>): JobContract<Data, Reply> {
  return { kind: 'request', data, reply, attempts: 3, backoffMs: 50, timeoutMs: 5000 };
}

/** Makes a job the gateway's own, which producers cannot ask for. */
export const ofGateway = <Data, Reply>(contract: JobContract<Data, Reply>): JobContract<Data, Reply> => ({
  ...contract,
  ofGateway: true,
});

/** Version of the job format. Absent means 1, so producers may leave it out. */
export const version = z.literal(1).default(1);

/** What a producer puts on a queue for a company (contracts README, "Job data"): `body` is exactly the REST body. */
export const fromCompany = <Body>(body: z.ZodType<Body>) =>
  z.object({ v: version, correlationId: uuid(), companyId: uuid(), body });

/** A message from a producer: it may stand in the outbox, where its body is exactly the REST body. */
export const message = <Body>(body: z.ZodType<Body>) => kept(event(fromCompany(body)));

const kept = <Data extends Kept, Reply>(contract: JobContract<Data, Reply>): JobContract<Data, Reply> => ({
  ...contract,
  keep: ({ companyId, body }) => ({ companyId, body }),
});

/** At most this many messages travel in one job. */
export const MAX_OWED_IDS = 200;

/** Herald's own job, on every queue: ids of outbox rows, whose content stays in Postgres. */
export const owed = ofGateway(event(z.object({ ids: z.array(uuid()).min(1).max(MAX_OWED_IDS) })));

/** The verdict of a command that runs once per correlationId. */
export interface Answered<Verdict> {
  verdict: Verdict;
  /** True when the command had its effect earlier, and this is the answer of that time. */
  replayed: boolean;
}

export const answered = <Verdict>(verdict: z.ZodType<Verdict>): z.ZodType<Answered<Verdict>> =>
  z.object({ verdict, replayed: z.boolean() });

/** Answer to a message that was committed, and will take effect through its queue. */
export const Accepted = z
  .object({ correlationId: uuid().describe('Names the message from now on: keep it to follow its way') })
  .meta({ id: 'Accepted' });
export type Accepted = z.output<typeof Accepted>;
