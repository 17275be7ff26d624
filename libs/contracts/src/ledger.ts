/** One run of a job, as the keeper of messages needs to know it. */
export interface JobRun {
  queue: string;
  job: string;
  /** Tells this job from every other of its queue, also from a later one with the same id. */
  jobKey: string;
  /** The job's data as it stood on the queue, as text: possibly garbage. */
  text: string;
  /** Outbox rows that an `owed` job carries; absent for a job that carries its message itself. */
  ids?: string[];
  /** Of a job that carries its message itself: what could be read of it. */
  correlationId?: string;
  companyId?: string;
  body?: unknown;
  /** The trace that it belongs to. */
  traceparent?: string;
  /** A caller waits for the verdict: what is missing now is refused now. */
  awaited: boolean;
  /** It runs while nothing else runs in its worker. */
  alone: boolean;
  queuedAt: Date;
  startedAt: Date;
  /** 1 for the first. */
  attempt: number;
}

/**
 * Why a job is given up: `broken`: it breaks its contract and always will; `failed`: it failed for good; `stalled`: its
 * worker died or hung too often, which may be another job's fault.
 */
export type GiveUpCause = 'broken' | 'failed' | 'stalled';

/** What a queue's server asks of whoever keeps the messages. */
export interface Ledger {
  /** True when the keeper itself is away: the job is not to blame, and no attempt is burned. */
  isOutage(error: unknown): boolean;
  /** Rejects while the keeper is away. */
  ping(): Promise<void>;
  /** Whether any of these outbox rows is still owed to the queue. */
  owes(queue: string, ids: string[]): Promise<boolean>;
  /** Marks that the messages start alone; false when they did so too often and were given up instead. */
  startAlone(run: JobRun): Promise<boolean>;
  /** Notes a failed attempt that will be followed by another. */
  noteFailure(run: JobRun, error: Error): Promise<void>;
  /** Settles a job that will not be tried again: splits it, or keeps its messages as dead letters, whose ids it returns. */
  giveUp(run: JobRun, error: Error, cause: GiveUpCause): Promise<string[]>;
  /** Which of a queue's dead letters are still there: neither replayed, dropped nor erased. */
  undecided(queue: string, deadLetters: string[]): Promise<string[]>;
}
