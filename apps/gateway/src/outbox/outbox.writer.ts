import { randomUUID } from 'node:crypto';
import { MAX_OWED_IDS } from '@herald/contracts';
import { Database } from '@herald/database';
import { Injectable } from '@nestjs/common';
import { type Acceptance, LANE, type NewMessage, type OwedJob, packJobs } from './outbox-message.js';
import { OutboxFeeder } from './outbox.feeder.js';
import { OwedPublisher } from './owed-publisher.js';

interface Waiting {
  messages: NewMessage[];
  resolve: (acceptances: Acceptance[]) => void;
  reject: (error: unknown) => void;
}

const MAX_ROWS_PER_COMMIT = 1000;

/**
 * The promise: an accepted message is a committed row before its caller hears of it. Callers that arrive while a commit
 * is under way share the next one, and the ids that were committed together travel in one job.
 */
@Injectable()
export class OutboxWriter {
  private readonly waiting: Waiting[] = [];
  private committing = false;

  constructor(
    private readonly database: Database,
    private readonly feeder: OutboxFeeder,
    private readonly publisher: OwedPublisher,
  ) {}

  /** Resolves once the messages are committed, all or none of them; the acceptances are in their order. */
  accept(messages: NewMessage[]): Promise<Acceptance[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ messages, resolve, reject });
      this.startCommit();
    });
  }

  private startCommit(): void {
    if (this.committing || this.waiting.length === 0) return;
    let rows = 0;
    let callers = 0;
    for (const { messages } of this.waiting) {
      if (callers > 0 && rows + messages.length > MAX_ROWS_PER_COMMIT) break;
      rows += messages.length;
      callers++;
    }
    this.committing = true;
    void this.commit(this.waiting.splice(0, callers)).finally(() => {
      this.committing = false;
      this.startCommit();
    });
  }

  private async commit(callers: Waiting[]): Promise<void> {
    try {
      const messages = distinct(callers.flatMap((caller) => caller.messages));
      const jobs = packJobs(this.feeder.admit(messages), MAX_OWED_IDS, randomUUID);
      const keyed = messages.some((message) => message.hash);
      const inserted = await (keyed ? this.insertKeyed(messages, jobs) : this.insert(messages, jobs));
      const outcomes = keyed ? await this.outcomes(callers, messages, inserted) : undefined;
      for (const caller of callers) {
        caller.resolve(caller.messages.map((message) => outcomes?.(message) ?? 'accepted'));
      }
      void this.publisher.publish(outcomes ? withoutReplayed(jobs, inserted) : jobs);
    } catch (error) {
      for (const caller of callers) caller.reject(error);
    }
  }

  private async insert(messages: NewMessage[], jobs: OwedJob[]): Promise<Set<string>> {
    await this.database.query(INSERT, columns(messages, jobs));
    return new Set();
  }

  private async insertKeyed(messages: NewMessage[], jobs: OwedJob[]): Promise<Set<string>> {
    const hashes = messages.map(({ hash }) => hash ?? null);
    const rows = await this.database.query<{ id: string }>(INSERT_KEYED, [...columns(messages, jobs), hashes]);
    return new Set(rows.map(({ id }) => id));
  }

  /** How each message of a commit with keys ended: one that was not inserted is a replay, or has another body. */
  private async outcomes(callers: Waiting[], written: NewMessage[], inserted: Set<string>) {
    const isNew = new Set(written.filter(({ id, hash }) => !hash || inserted.has(id)));
    const repeated = callers.flatMap(({ messages }) => messages).filter((message) => !isNew.has(message));
    const known = repeated.length > 0 ? await this.database.query<Known>(FIND, [repeated.map(({ id }) => id)]) : [];
    const hashes = new Map(known.map(({ id, body_hash }) => [id, body_hash]));
    return (message: NewMessage): Acceptance => {
      if (isNew.has(message)) return 'accepted';
      return message.hash && hashes.get(message.id)?.equals(message.hash) ? 'replayed' : 'conflict';
    };
  }
}

interface Known {
  id: string;
  body_hash: Buffer;
}

/** The same key can arrive twice in one commit: the first is written, the others find it. */
function distinct(messages: NewMessage[]): NewMessage[] {
  if (!messages.some(({ hash }) => hash)) return messages;
  return [...new Map(messages.toReversed().map((message) => [message.id, message])).values()].toReversed();
}

/** A replayed message was published when it was new. */
function withoutReplayed(jobs: OwedJob[], inserted: Set<string>): OwedJob[] {
  return jobs
    .map((job) => ({ ...job, ids: job.ids.filter((id) => inserted.has(id)) }))
    .filter(({ ids }) => ids.length > 0);
}

function columns(messages: NewMessage[], jobs: OwedJob[]): unknown[] {
  const jobIds = new Map(jobs.flatMap(({ ids, jobId }) => ids.map((id) => [id, jobId] as const)));
  return [
    messages.map(({ id }) => id),
    messages.map(({ queue }) => queue),
    messages.map(({ job }) => job),
    messages.map(({ companyId }) => companyId),
    messages.map(({ body }) => JSON.stringify(body)),
    messages.map(({ urgent }) => (urgent ? LANE.urgent : LANE.ordinary)),
    messages.map(({ id }) => jobIds.get(id) ?? null),
  ];
}

const GIVEN = `unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::uuid[]`;
const FIELDS = 'id, queue, job, company_id, body, lane, job_id';
const WRITE = `insert into outbox (${FIELDS}, accepted_at, queued_at)
  select ${FIELDS}, now(), case when job_id is not null then now() end from`;

const INSERT = `${WRITE} ${GIVEN}) as given(${FIELDS})`;

/** Messages without a key are always new; of those with one, the request's row decides. */
const INSERT_KEYED = `
  with given as (select * from ${GIVEN}, $8::bytea[]) as given(${FIELDS}, body_hash)),
  keyed as (
    insert into requests (id, body_hash) select id, body_hash from given where body_hash is not null
        on conflict (id) do nothing
    returning id),
  fresh as (select * from given where body_hash is null or id in (select id from keyed)),
  written as (${WRITE} fresh)
  select id from fresh`;

const FIND = 'select id, body_hash from requests where id = any($1::uuid[])';
