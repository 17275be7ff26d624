import { type GiveUpCause, type JobRun, kindOf, type Ledger } from '@herald/contracts';
import { Logger } from '@nestjs/common';
import { DelayedError, type Worker } from 'bullmq';
import type { RedisClient } from './connection.js';
import { loggedId } from './job-id.js';
import type { Proofs } from './proof.js';
import type { QueuedJob } from './queued-job.js';

/** Field of a failed job's hash for the mark of the dead letter that keeps its message. */
export const LETTER = '$herald.letter';

/** KEYS: job. ARGV: field, mark. */
const MARK = `return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`;

/** KEYS: job. Returns the length of its id, its fields and its logs. */
const MEASURE = `
local length = #KEYS[1]
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    length = length + #field + redis.call('HSTRLEN', KEYS[1], field)
  end
end
local logs = redis.pcall('LRANGE', KEYS[1] .. ':logs', 0, -1)
for _, line in ipairs(logs.err and {} or logs) do length = length + #line end
return length`;

/** KEYS: failed. ARGV: prefix of jobs, field. Returns keys and marks. */
const MARKS = `
local marks = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = ARGV[1] .. id
  local mark = redis.pcall('HGET', key, ARGV[2])
  if type(mark) == 'string' then table.insert(marks, {key, mark}) end
end
return marks`;

/** KEYS: failed. ARGV: prefix of jobs, field, marks. */
const FORGET = `
local decided = {}
for at = 3, #ARGV do decided[ARGV[at]] = true end
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = ARGV[1] .. id
  local mark = redis.pcall('HGET', key, ARGV[2])
  if type(mark) == 'string' and decided[mark] then
    redis.call('ZREM', KEYS[1], id)
    redis.call('DEL', key, key .. ':logs')
  end
end`;

interface Options {
  queue: string;
  redis: RedisClient;
  worker: Pick<Worker, 'toKey'>;
  ledger: Pick<Ledger, 'giveUp' | 'isOutage' | 'undecided'>;
  proofs: Pick<Proofs, 'mark' | 'letterIn'>;
}

/** The last run of a job, which failed. */
interface Failure {
  job: QueuedJob;
  token?: string;
  run: JobRun;
  error: Error;
  cause: GiveUpCause;
}

/**
 * Maximum length of a failed job that stays in Redis, error included. A queue keeps 2,000 of them, so at most 16 MiB,
 * while one job from a producer may have any length. The dead letter of a longer job has all of its content.
 */
const MAX_KEPT_LENGTH = 8 * 1024;

/** Delay before giving up a job is tried again. */
const RETRY_MS = 10_000;

/** Failed jobs of a queue whose messages are dead letters. When a letter is resolved, its job is removed too. */
export class FailedJobs {
  private readonly logger = new Logger(FailedJobs.name);
  private forgetting?: NodeJS.Timeout;

  constructor(private readonly options: Options) {}

  /**
   * Stores a job's messages as dead letters and returns their ids. If that fails, the job is delayed and tried again,
   * because ending it would lose its messages.
   */
  async giveUp({ job, token, run, error, cause }: Failure): Promise<string[]> {
    const { ledger, redis, worker, proofs } = this.options;
    const { id = '', opts } = job;
    const key = worker.toKey(id);
    try {
      const letters = await ledger.giveUp(run, error, cause);
      // Without a letter its messages continue separately; a later retry of the job would repeat finished messages.
      if (run.ids || !letters[0]) opts.removeOnFail = true;
      else await redis.eval(MARK, 1, key, LETTER, proofs.mark(key, letters[0]));
      return letters;
    } catch (failure) {
      if (ledger.isOutage(failure)) throw failure;
      this.logger.error({
        message: 'a job cannot be given up yet',
        queue: run.queue,
        jobId: loggedId(id),
        error: kindOf(failure),
      });
      await job.moveToDelayed(Date.now() + RETRY_MS, token);
      throw new DelayedError();
    }
  }

  /** Lets BullMQ remove a job that failed for good if it is too long to be kept. Returns the error that ends it. */
  async leaveIfLong({ id = '', opts }: QueuedJob, error: Error): Promise<Error> {
    const { redis, worker } = this.options;
    const length = (await redis.eval(MEASURE, 1, worker.toKey(id))) as number;
    if (length + error.message.length + (error.stack ?? '').length > MAX_KEPT_LENGTH) opts.removeOnFail = true;
    return error;
  }

  /** Returns true for a job that runs again although its dead letter was replayed, dropped or erased. */
  async isDecided({ id = '', mark }: QueuedJob): Promise<boolean> {
    const letter = this.options.proofs.letterIn(this.options.worker.toKey(id), mark);
    return letter !== undefined && (await this.undecided([letter])).length === 0;
  }

  /** Removes the jobs of resolved letters periodically. During an outage it waits for the next round. */
  startForgetting(everyMs: number): void {
    this.forgetting = setInterval(() => {
      if (this.options.redis.status === 'ready') void this.forgetDecided().catch(() => undefined);
    }, everyMs);
  }

  stopForgetting(): void {
    clearInterval(this.forgetting);
  }

  private async forgetDecided(): Promise<void> {
    const { redis, worker, proofs } = this.options;
    const scriptArgs = [1, worker.toKey('failed'), worker.toKey(''), LETTER] as const;
    const marks = (await redis.eval(MARKS, ...scriptArgs)) as [jobKey: string, mark: string][];
    const letters = marks.flatMap(([jobKey, mark]) => {
      const letter = proofs.letterIn(jobKey, mark);
      return letter === undefined ? [] : { letter, mark };
    });
    if (letters.length === 0) return;
    const undecided = new Set(await this.undecided(letters.map(({ letter }) => letter)));
    const decided = letters.filter(({ letter }) => !undecided.has(letter)).map(({ mark }) => mark);
    if (decided.length > 0) await redis.eval(FORGET, ...scriptArgs, ...decided);
  }

  private undecided(letters: string[]): Promise<string[]> {
    return this.options.ledger.undecided(this.options.queue, letters);
  }
}
