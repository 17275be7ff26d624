import { findUnknownCompanies, hasCompanies } from '../../accounts/companies.js';
import type { Database, Sql } from '../../connection/database.js';
import { isDataError, wordsOf } from '../../connection/faults.js';
import type { TraceStep } from '../message-trace.js';
import { type DeadLetterFilter, MATCHES, valuesOf } from './dead-letter-filter.js';
import {
  CONTRACTS,
  type Decision,
  decide,
  findDone,
  findOwed,
  type Letter,
  messageOf,
  type Owed,
  REPLAY,
  type Replay,
} from './replay.js';

export type { DeadLetterFilter, Replay };

/** A dead letter in a list. A correlationId may have several, and garbage has none, so it has its own `id`. */
export interface DeadLetter {
  id: string;
  queue: string;
  job: string;
  companyId: string | null;
  correlationId: string | null;
  error: string;
  givenUpAt: Date;
}

/** A whole dead letter. `content` is the message's body or, for a direct job, the job's data, as text. */
export interface DeadLetterDetails extends DeadLetter {
  direct: boolean;
  content: string;
  acceptedAt: Date | null;
  queuedAt: Date | null;
  history: TraceStep[];
}

/** Dead letters of one queue and job that were given up for the same reason. */
export interface SameFault {
  queue: string;
  job: string;
  error: string;
  count: number;
  oldest: Date;
  newest: Date;
}

/** The oldest owed message of a queue. */
export interface OldestOwed {
  queue: string;
  correlationId: string;
  acceptedAt: Date;
}

/** Number of a queue's messages that are not delivered. */
export interface QueueCounts {
  queue: string;
  owed: number;
  deadLetters: number;
}

const COLUMNS = `id::text, queue, job, company_id as "companyId", correlation_id as "correlationId", error,
  given_up_at as "givenUpAt"`;
const MAX_FAULTS = 100;

/** Operations on dead letters, for operators. They need only the grants of the role herald_ops. */
export class DeadLetters {
  constructor(private readonly database: Database) {}

  /** Returns a page, newest first; `nextCursor` is null on the last page. */
  async list(
    filter: DeadLetterFilter = {},
    { limit = 50, cursor }: { limit?: number; cursor?: string } = {},
  ): Promise<{ deadLetters: DeadLetter[]; nextCursor: string | null }> {
    const found = await this.database.query<Row<DeadLetter>>(
      `select ${COLUMNS} from dead_letters where ${MATCHES} and ($9::bigint is null or id < $9)
        order by dead_letters.id desc limit $10`,
      [...valuesOf(filter), cursor ?? null, limit + 1],
    );
    const deadLetters = found.slice(0, limit);
    return { deadLetters, nextCursor: found.length > limit ? (deadLetters.at(-1)?.id ?? null) : null };
  }

  /** Returns ids in the order they were given up, from after `after` up to `last`, for processing in batches. */
  async idsOf(filter: DeadLetterFilter, after: string, last: string, limit: number): Promise<string[]> {
    const found = await this.database.query<{ id: string }>(
      `select id::text from dead_letters where ${MATCHES} and id > $9::bigint and id <= $10::bigint
        order by dead_letters.id limit $11`,
      [...valuesOf(filter), after, last, limit],
    );
    return found.map(({ id }) => id);
  }

  /** Returns the number of matching letters and the newest id, so that later letters can be left out. */
  async measure(filter: DeadLetterFilter = {}): Promise<{ count: number; last: string }> {
    const [measured] = await this.database.query<{ count: number; last: string }>(
      `select count(*)::int as count, coalesce(max(id), 0)::text as last from dead_letters where ${MATCHES}`,
      valuesOf(filter),
    );
    return measured as { count: number; last: string };
  }

  async find(id: string): Promise<DeadLetterDetails | undefined> {
    const [found] = await this.database.query<Row<DeadLetterDetails>>(
      `select ${COLUMNS}, job_key is not null as direct, content, accepted_at as "acceptedAt", queued_at as "queuedAt", history
         from dead_letters where id = $1`,
      [id],
    );
    return found;
  }

  /** Returns the most frequent faults first. */
  sameFaults(filter: DeadLetterFilter = {}): Promise<SameFault[]> {
    return this.database.query<Row<SameFault>>(
      `select queue, job, error, count(*)::int as count, min(given_up_at) as oldest, max(given_up_at) as newest
         from dead_letters where ${MATCHES} group by queue, job, error order by count desc, newest desc limit ${MAX_FAULTS}`,
      valuesOf(filter),
    );
  }

  /** Returns the number of owed messages and of dead letters for every queue. */
  async counts(): Promise<QueueCounts[]> {
    return this.database.readOutbox((tx) => tx.query<Row<QueueCounts>>(COUNTS, [CONTRACTS.map(({ queue }) => queue)]));
  }

  /** Returns the oldest owed message of each queue that has one. */
  oldestOwed(): Promise<OldestOwed[]> {
    return this.database.readOutbox((tx) =>
      tx.query<Row<OldestOwed>>(OLDEST_OWED, [CONTRACTS.map(({ queue }) => queue)]),
    );
  }

  /**
   * Puts messages back into the outbox, all in one transaction; the outcomes are in the order of `ids`. Repeated or
   * concurrent replays of a message put it back only once. A dry run changes nothing and returns the expected outcomes.
   */
  async replay(ids: string[], { dryRun = false } = {}): Promise<Replay[]> {
    try {
      return await this.exclusively((tx) => replayAll(tx, ids, dryRun));
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [id, ...others] = ids;
      if (id !== undefined && others.length === 0) {
        return [{ id, outcome: 'refused', reason: wordsOf(error as Error) }];
      }
      // One of them cannot be stored; replay each by itself so that the others succeed.
      const outcomes: Replay[] = [];
      for (const one of ids) outcomes.push(...(await this.replay([one], { dryRun })));
      return outcomes;
    }
  }

  /** Deletes dead letters permanently; returns the ids of those that existed. */
  async drop(ids: string[]): Promise<string[]> {
    const dropped = await this.exclusively((tx) =>
      tx.query<{ id: string }>('delete from dead_letters where id = any($1::bigint[]) returning id::text', [ids]),
    );
    return dropped.map(({ id }) => id);
  }

  /** Allows one change at a time, because two over the same dead letters could deadlock. */
  private exclusively<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('herald.dead-letters'))`);
      return work(tx);
    });
  }
}

/** Makes an interface usable as the row type of a statement. */
type Row<T> = T & { [column: string]: unknown };

async function replayAll(tx: Sql, ids: string[], dryRun: boolean): Promise<Replay[]> {
  const letters = await tx.query<Row<Letter>>(
    `select id::text, job_key, correlation_id, company_id, queue, job, content from dead_letters
      where id = any($1::bigint[]) order by dead_letters.id`,
    [ids],
  );
  const messages = new Map(letters.map((letter) => [letter.id, messageOrFault(letter)]));
  const good = [...messages.values()].filter((message) => typeof message !== 'string');
  const companies = good.filter(({ queue }) => hasCompanies(queue)).map(({ company_id }) => company_id);
  const decisions = decide(messages, {
    owed: await findOwed(
      tx,
      good.map(({ id }) => id),
    ),
    done: await findDone(tx, good),
    unknownCompanies: await findUnknownCompanies(tx, companies),
  });
  const existing = dryRun ? new Set(messages.keys()) : await carryOut(tx, decisions);
  const decided = new Map(decisions.map((decision) => [decision.id, decision]));
  return ids.map((id) => {
    const decision = decided.get(id);
    if (!decision || !existing.has(id)) return { id, outcome: 'gone' };
    const { outcome, reason } = decision;
    return { id, outcome, reason };
  });
}

function messageOrFault(letter: Letter): Owed | string {
  try {
    return messageOf(letter);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Returns the dead letters that still existed when the decisions were carried out. */
async function carryOut(tx: Sql, decisions: Decision[]): Promise<Set<string>> {
  const back = decisions.filter(({ message }) => message);
  const sent = await tx.query<{ letter: string }>(REPLAY, [
    back.map(({ id }) => id),
    back.map(({ message }) => message?.id),
    back.map(({ message }) => message?.company_id),
    back.map(({ message }) => JSON.stringify(message?.body)),
  ]);
  const cleared = decisions.filter(({ outcome }) => outcome === 'cleared').map(({ id }) => id);
  await tx.query('delete from dead_letters where id = any($1::bigint[])', [cleared]);
  const refused = decisions.filter(({ outcome }) => outcome === 'refused').map(({ id }) => id);
  return new Set([...sent.map(({ letter }) => letter), ...cleared, ...refused]);
}

/** Each count of the outbox reads a single index. */
const COUNTS = `
  with letters as (select queue, count(*)::int as count from dead_letters group by queue)
  select q.queue,
         ((select count(*) from outbox where queue = q.queue and job_id is null)
          + (select count(*) from outbox where queue = q.queue and job_id is not null))::int as owed,
         coalesce(l.count, 0) as "deadLetters"
    from unnest($1::text[]) with ordinality as q(queue, seat) left join letters l using (queue) order by q.seat`;

/** Skips from company to company in the index of unpublished messages; the number of published ones is bounded. */
const OLDEST_OWED = `
  with recursive company as (
    select q.queue, (select o.company_id from outbox o where o.queue = q.queue and o.job_id is null
                      order by o.company_id limit 1) as id
      from unnest($1::text[]) as q(queue)
    union all
    select c.queue, (select o.company_id from outbox o where o.queue = c.queue and o.job_id is null and o.company_id > c.id
                      order by o.company_id limit 1)
      from company c where c.id is not null),
  oldest as (
    select c.queue, o.id, o.accepted_at
      from company c cross join unnest('{0,1}'::smallint[]) as l(lane) cross join lateral (
        select id, accepted_at from outbox
         where queue = c.queue and job_id is null and company_id = c.id and lane = l.lane
         order by accepted_at, id limit 1) o
    union all
    select queue, id, accepted_at from outbox where job_id is not null and queue = any($1::text[]))
  select distinct on (queue) queue, id as "correlationId", accepted_at as "acceptedAt"
    from oldest order by queue, accepted_at, id`;
