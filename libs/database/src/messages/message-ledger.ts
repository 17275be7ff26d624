import { agentActions, delivery, type GiveUpCause, type JobRun, type Ledger } from '@herald/contracts';
import { findUnknownCompanies, hasCompanies, unknownCompany } from '../accounts/companies.js';
import { ACTION_STATEMENTS } from '../agent-actions/action-record.js';
import type { Database } from '../connection/database.js';
import { isDataError, isOutage, isPassing, wordsOf } from '../connection/faults.js';
import { isoTime } from '../connection/iso-time.js';
import { FEED_STATEMENTS } from '../delivery/feed-record.js';

const LEAVE_TWIN: Record<string, string> = {
  [delivery.queue]: FEED_STATEMENTS.leaveTwin,
  [agentActions.queue]: ACTION_STATEMENTS.leaveTwin,
};

/** If workers die this often while a message runs alone, that message is the cause. */
const MAX_STARTS_ALONE = 3;

const attempt = (run: JobRun, detail: string) => ({
  step: 'attempt',
  at: run.startedAt.toISOString(),
  attempt: run.attempt,
  detail: storable(detail),
});

const ownStep = (run: JobRun, detail: string) => JSON.stringify([attempt(run, detail)]);

/** Returns the first steps of a direct job, which no gateway accepted. They stay if the message becomes owed later. */
const directSteps = (run: JobRun, detail: string) =>
  JSON.stringify([{ step: 'queued', at: run.queuedAt.toISOString(), direct: true }, attempt(run, detail)]);

/** Maximum length of a job's text in a dead letter. */
const MAX_CONTENT = 8 * 1024 * 1024;

/** Returns text that Postgres can store, also within JSON: an error may quote garbage, or be cut within a character. */
const storable = (value: string, maxLength = 2000) => value.slice(0, maxLength).replaceAll(/\0|\p{Cs}/gu, '\ufffd');

/** The time of enqueueing as a step of the timeline, because the next run overwrites the column. */
const QUEUED_STEP = `jsonb_build_array(jsonb_build_object('step', 'queued', 'at', ${isoTime('queued_at')}))`;

/** Settles jobs that fail: outbox rows stay owed until their messages are delivered or dead letters. */
export class MessageLedger implements Ledger {
  constructor(private readonly database: Database) {}

  isOutage = isOutage;

  ping(): Promise<void> {
    return this.database.ping();
  }

  async owes(queue: string, ids: string[]): Promise<boolean> {
    const owed = await this.database.query('select from outbox where id = any($1::uuid[]) and queue = $2 limit 1', [
      ids,
      queue,
    ]);
    return owed.length > 0;
  }

  async startAlone(run: JobRun): Promise<boolean> {
    const started = await this.database.query(
      `update outbox set history = history || ${QUEUED_STEP} || $3::jsonb
        where id = any($1::uuid[]) and queue = $2
          and (select count(*) from jsonb_array_elements(history) h where h ->> 'alone' = 'true') < $4
        returning id`,
      [
        run.ids,
        run.queue,
        JSON.stringify([{ step: 'attempt', at: run.startedAt.toISOString(), attempt: run.attempt, alone: true }]),
        MAX_STARTS_ALONE,
      ],
    );
    if (started.length > 0) return true;
    if (!(await this.leavesTwin(run))) {
      await this.buryOwed(run, `its worker died ${MAX_STARTS_ALONE} times while it ran alone`);
    }
    return false;
  }

  async noteFailure(run: JobRun, error: Error): Promise<void> {
    if (!run.ids || run.alone) return;
    await this.database.query(
      `update outbox set history = history || ${QUEUED_STEP} || $2::jsonb where id = any($1::uuid[])`,
      [run.ids, ownStep(run, wordsOf(error))],
    );
  }

  async giveUp(run: JobRun, error: Error, cause: GiveUpCause): Promise<string[]> {
    const reason = wordsOf(error);
    if (run.ids)
      return run.alone && cause === 'failed'
        ? this.buryOwed(run, reason, ownStep(run, reason))
        : this.split(run, reason);
    if (cause === 'stalled' && run.body !== undefined) return this.adopt(run, reason);
    return this.buryDirect(run, reason);
  }

  async undecided(queue: string, deadLetters: string[]): Promise<string[]> {
    const found = await this.database.query<{ id: string }>(
      'select id::text from dead_letters where id = any($1::bigint[]) and queue = $2',
      [deadLetters, queue],
    );
    return found.map(({ id }) => id);
  }

  /** Returns each message of the job to the feeder, to run alone, so that only the faulty one fails. */
  private async split(run: JobRun, detail: string): Promise<[]> {
    await this.database.query(
      `update outbox set alone = true, job_id = null, queued_at = null,
              history = history || ${QUEUED_STEP} || $3::jsonb
        where id = any($1::uuid[]) and queue = $2`,
      [run.ids, run.queue, ownStep(run, detail)],
    );
    return [];
  }

  /** Puts the message of a direct job whose worker died into the outbox, so that it too can run alone. */
  private async adopt(run: JobRun, detail: string): Promise<string[]> {
    const companies = hasCompanies(run.queue) && run.companyId ? [run.companyId] : [];
    for (const unknown of await findUnknownCompanies(this.database, companies))
      return this.buryDirect(run, unknownCompany(unknown));
    try {
      if (await this.becomesOwed(run, detail)) return [];
    } catch (error) {
      // Data that cannot be stored would fail here again on every attempt.
      if (!isDataError(error)) throw error;
      return this.buryDirect(run, wordsOf(error as Error));
    }
    return this.buryDirect(run, 'correlationId is in use');
  }

  /** Returns false when the outbox has another message with its correlationId. */
  private async becomesOwed(run: JobRun, detail: string): Promise<boolean> {
    const message = [run.correlationId, run.queue, run.job, run.companyId, JSON.stringify(run.body)];
    const adopted = await this.database.query(
      `insert into outbox (id, queue, job, company_id, body, accepted_at, alone, history, traceparent)
       values ($1, $2, $3, $4, $5, $6, true, $7, $8) on conflict (id) do nothing returning id`,
      [...message, run.queuedAt, directSteps(run, detail), run.traceparent],
    );
    if (adopted.length > 0) return true;
    const same = await this.database.query(
      `select from outbox
        where id = $1 and queue = $2 and job = $3 and company_id is not distinct from $4 and body = $5::jsonb`,
      message,
    );
    return same.length > 0;
  }

  /** Removes a message that is not owed any more: a worker that seemed to die may have written it all the same. */
  private async leavesTwin({ queue, ids = [] }: JobRun): Promise<boolean> {
    const statement = LEAVE_TWIN[queue];
    return statement !== undefined && (await this.database.query(statement, ids)).length > 0;
  }

  private async buryOwed(run: JobRun, error: string, lastStep = '[]'): Promise<string[]> {
    const buried = await this.database.query<{ id: string }>(
      `with given_up as (delete from outbox where id = any($1::uuid[]) and queue = $2 returning *)
       insert into dead_letters (correlation_id, queue, job, company_id, content, error, accepted_at, queued_at, history)
       select id, queue, job, company_id, body::text, $3, accepted_at, queued_at, history || ${QUEUED_STEP} || $4::jsonb
         from given_up returning id::text`,
      [run.ids, run.queue, storable(error), lastStep],
    );
    return buried.map(({ id }) => id);
  }

  /** Stores any job as a dead letter: as it is or, if that fails, encoded in base64. */
  private async buryDirect(run: JobRun, error: string): Promise<string[]> {
    try {
      return await this.keep(run, error, run.text);
    } catch (failure) {
      if (isOutage(failure) || isPassing(failure)) throw failure;
      const { queue, jobKey, awaited, alone, queuedAt, startedAt, attempt } = run;
      const plain = { queue, job: '', jobKey, text: '', awaited, alone, queuedAt, startedAt, attempt };
      const bytes = Buffer.from(run.text.slice(0, MAX_CONTENT)).toString('base64');
      return this.keep(plain, 'could not be kept as it was: its content is in base64', bytes);
    }
  }

  private async keep(run: JobRun, error: string, content: string): Promise<string[]> {
    const kept = await this.database.query<{ id: string }>(
      `with kept as (
         insert into dead_letters (job_key, correlation_id, queue, job, company_id, content, error, queued_at, history)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (queue, job_key) where job_key is not null do nothing returning id)
       select id::text from kept
       union all select id::text from dead_letters where queue = $3 and job_key = $1`,
      [
        storable(run.jobKey),
        run.correlationId,
        run.queue,
        storable(run.job),
        run.companyId,
        storable(content, MAX_CONTENT),
        storable(error),
        run.queuedAt,
        directSteps(run, error),
      ],
    );
    return kept.map(({ id }) => id);
  }
}
