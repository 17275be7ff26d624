import { randomUUID } from 'node:crypto';
import { recordAccepted, recordBatch } from '@herald/bootstrap';
import { activeTraceparent, MAX_OWED_IDS, step, unavailable, unprocessable, within } from '@herald/contracts';
import { Database } from '@herald/database';
import { Injectable } from '@nestjs/common';
import { LANE, type NewMessage, type OwedJob, packJobs, type RequestKey } from './outbox-message.js';
import { OutboxCeiling } from './outbox.ceiling.js';
import { OutboxFeeder } from './outbox.feeder.js';
import { OwedPublisher } from './owed-publisher.js';

interface Waiting {
  messages: NewMessage[];
  key?: RequestKey;
  /** On the clock of `performance.now()`. */
  since: number;
  resolve: (acceptance: Acceptance) => void;
  reject: (error: unknown) => void;
}

export interface Acceptance {
  /** The messages were committed earlier, under the same key and body. */
  replayed: boolean;
}

const MAX_ROWS_PER_COMMIT = 1000;
/** Who has waited so long for a commit that found Postgres away does not wait for the next one as well. */
const PATIENCE_MS = 500;
/** What is said where too many messages are owed. */
export const OUTBOX_FULL = 'Too many messages wait to be delivered; try again later';

/**
 * The promise: an accepted message is a committed row before its caller hears of it. Callers that arrive while a commit
 * is under way share the next one, and the ids that were committed together travel in one job.
 */
@Injectable()
export class OutboxWriter {
  private readonly waiting: Waiting[] = [];
  private committing = false;
  private commits = 0;

  constructor(
    private readonly database: Database,
    private readonly ceiling: OutboxCeiling,
    private readonly feeder: OutboxFeeder,
    private readonly publisher: OwedPublisher,
  ) {}

  /**
   * Resolves once the messages are committed, all or none of them.
   * @throws Refusal 422 when the key was used with another body, 503 when the outbox is full; none of the messages is
   *   accepted then
   */
  accept(messages: NewMessage[], key?: RequestKey): Promise<Acceptance> {
    const traceparent = activeTraceparent();
    const traced = traceparent ? messages.map((message) => ({ ...message, traceparent })) : messages;
    return new Promise((resolve, reject) => {
      this.waiting.push({ messages: traced, key, since: performance.now(), resolve, reject });
      this.startCommit();
    });
  }

  /** How many commits have ended, well or not, and whether callers wait for one. */
  progress(): { finished: number; waits: boolean } {
    return { finished: this.commits, waits: this.committing };
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
      this.commits++;
      this.startCommit();
    });
  }

  private async commit(all: Waiting[]): Promise<void> {
    const everyone = all.flatMap(({ messages }) => messages);
    try {
      const jobs = await step(within('commit to outbox'), everyone, () => this.write(all));
      void this.publisher.publish(jobs);
    } catch (error) {
      // Those who were refused before know of it already.
      for (const caller of all) caller.reject(error);
      if (this.database.isAway) this.refuseTired(error);
    }
  }

  /** Commits what there is room for, tells the callers, and returns the jobs to publish. */
  private async write(all: Waiting[]): Promise<OwedJob[]> {
    const callers = await this.ceiling.admit(all);
    if (callers.length < all.length) refuse(all, callers);
    if (callers.length === 0) return [];
    const first = firstOfEachKey(callers);
    const jobs = packJobs(this.feeder.admit(first.flatMap(({ messages }) => messages)), MAX_OWED_IDS, randomUUID);
    const fresh = await this.insert(first, jobs);
    noteCommit(fresh);
    await this.settle(callers, fresh);
    return fresh.size === callers.length ? jobs : withoutReplayed(jobs, fresh);
  }

  private refuseTired(error: unknown): void {
    const latest = performance.now() - PATIENCE_MS;
    // In the order in which they came.
    while (this.waiting[0] && this.waiting[0].since < latest) this.waiting.shift()?.reject(error);
  }

  /** Commits, and returns the callers whose messages are rows now: those without a key, and those whose key is new. */
  private async insert(callers: Waiting[], jobs: OwedJob[]): Promise<Set<Waiting>> {
    if (callers.every(({ key }) => !key)) {
      await this.database.query(INSERT, columns(callers, jobs));
      return new Set(callers);
    }
    // In order of the keys, so that two gateways with the same ones do not wait for each other.
    const keys = callers.flatMap(({ key }) => key ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const rows = await this.database.query<{ id: string }>(INSERT_KEYED, [
      ...columns(callers, jobs),
      callers.flatMap(({ key, messages }) => messages.map(() => key?.id ?? null)),
      keys.map(({ id }) => id),
      keys.map(({ hash }) => hash),
    ]);
    const isNew = new Set(rows.map(({ id }) => id));
    return new Set(callers.filter(({ key }) => !key || isNew.has(key.id)));
  }

  /** A caller who is not fresh repeats an earlier request, or used its key for another body. */
  private async settle(callers: Waiting[], fresh: Set<Waiting>): Promise<void> {
    const repeated = callers.flatMap((caller) => (fresh.has(caller) || !caller.key ? [] : caller.key.id));
    const known = repeated.length > 0 ? await this.database.query<Known>(FIND, [repeated]) : [];
    const hashes = new Map(known.map(({ id, body_hash }) => [id, body_hash]));
    for (const caller of callers) {
      const { key } = caller;
      if (!key || fresh.has(caller)) caller.resolve({ replayed: false });
      else if (hashes.get(key.id)?.equals(key.hash)) caller.resolve({ replayed: true });
      else caller.reject(unprocessable('This Idempotency-Key was used with another body'));
    }
  }
}

function refuse(all: Waiting[], admitted: Waiting[]): void {
  const inside = new Set(admitted);
  for (const caller of all) {
    if (!inside.has(caller)) caller.reject(unavailable(OUTBOX_FULL));
  }
}

interface Known {
  id: string;
  body_hash: Buffer;
}

/** The same key can arrive twice in one commit: the first is written, the others find it. */
function firstOfEachKey(callers: Waiting[]): Waiting[] {
  const taken = new Set<string>();
  return callers.filter(({ key }) => !key || (!taken.has(key.id) && taken.add(key.id)));
}

function noteCommit(callers: Set<Waiting>): void {
  const now = performance.now();
  const sizes = new Map<string, number>();
  for (const { messages, since } of callers) {
    for (const { queue } of messages) sizes.set(queue, (sizes.get(queue) ?? 0) + 1);
    if (messages[0]) recordAccepted(messages[0].queue, (now - since) / 1000);
  }
  for (const [queue, size] of sizes) recordBatch(queue, size);
}

/** A replayed message was published when it was new. */
function withoutReplayed(jobs: OwedJob[], fresh: Set<Waiting>): OwedJob[] {
  const written = new Set([...fresh].flatMap(({ messages }) => messages.map(({ id }) => id)));
  return jobs
    .map((job) => ({
      ...job,
      ids: job.ids.filter((id) => written.has(id)),
      traceparents: job.traceparents.filter((_, seat) => written.has(job.ids[seat] as string)),
    }))
    .filter(({ ids }) => ids.length > 0);
}

function columns(callers: Waiting[], jobs: OwedJob[]): unknown[] {
  const messages = callers.flatMap((caller) => caller.messages);
  const jobIds = new Map(jobs.flatMap(({ ids, jobId }) => ids.map((id) => [id, jobId] as const)));
  return [
    messages.map(({ id }) => id),
    messages.map(({ queue }) => queue),
    messages.map(({ job }) => job),
    messages.map(({ companyId }) => companyId),
    messages.map(({ body }) => JSON.stringify(body)),
    messages.map(({ urgent }) => (urgent ? LANE.urgent : LANE.ordinary)),
    messages.map(({ id }) => jobIds.get(id) ?? null),
    messages.map(({ traceparent }) => traceparent ?? null),
  ];
}

const GIVEN = `unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::uuid[], $8::text[]`;
const FIELDS = 'id, queue, job, company_id, body, lane, job_id, traceparent';
const WRITE = `insert into outbox (${FIELDS}, accepted_at, queued_at)
  select ${FIELDS}, now(), case when job_id is not null then now() end from`;

const INSERT = `${WRITE} ${GIVEN}) as given(${FIELDS})`;

/** Messages without a key are always new; of those with one, the request's row decides, for all of a batch at once. */
const INSERT_KEYED = `
  with keys as (
    insert into requests (id, body_hash) select * from unnest($10::uuid[], $11::bytea[])
        on conflict (id) do nothing
    returning id),
  given as (select * from ${GIVEN}, $9::uuid[]) as given(${FIELDS}, key)),
  written as (${WRITE} given where key is null or key in (select id from keys))
  select id from keys`;

const FIND = 'select id, body_hash from requests where id = any($1::uuid[])';
