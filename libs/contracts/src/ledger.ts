/** One run of a job, as described to the ledger. */
export interface JobRun {
  queue: string;
  job: string;
  /** Unique among all jobs of its queue, even among later ones with the same id. */
  jobKey: string;
  /** The job's data as text, possibly garbage. */
  text: string;
  /** Outbox ids of an `owed` job; absent for a direct job, which contains its message. */
  ids?: string[];
  /** The readable parts of a direct job. */
  correlationId?: string;
  companyId?: string;
  body?: unknown;
  /** The job's trace. */
  traceparent?: string;
  /** True while a caller waits for the verdict, so that missing data is refused instead of awaited. */
  awaited: boolean;
  /** True for a job that runs exclusively in its worker. */
  alone: boolean;
  queuedAt: Date;
  startedAt: Date;
  /** 1 for the first. */
  attempt: number;
}

/**
 * Reason for giving up a job. `broken`: it breaks its contract. `failed`: it failed permanently. `stalled`: its worker
 * died or hung too often, which may be another job's fault.
 */
export type GiveUpCause = 'broken' | 'failed' | 'stalled';

/** The storage of messages, as used by a queue's server. */
export interface Ledger {
  /** Returns true when the storage itself is unavailable: the job is not at fault, and no attempt is used. */
  isOutage(error: unknown): boolean;
  /** Rejects while the storage is unavailable. */
  ping(): Promise<void>;
  /** Resolves to true when any of these outbox rows is still owed to the queue. */
  owes(queue: string, ids: string[]): Promise<boolean>;
  /** Records that messages start alone. Resolves to false when they did so too often and were given up instead. */
  startAlone(run: JobRun): Promise<boolean>;
  /** Records a failed attempt that will be retried. */
  noteFailure(run: JobRun, error: Error): Promise<void>;
  /**
   * Settles a job that will not be retried: splits it, or stores its messages as dead letters and returns their ids.
   */
  giveUp(run: JobRun, error: Error, cause: GiveUpCause): Promise<string[]>;
  /** Returns those of a queue's dead letters that still exist: neither replayed, dropped nor erased. */
  undecided(queue: string, deadLetters: string[]): Promise<string[]>;
}
