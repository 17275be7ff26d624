import { randomUUID } from 'node:crypto';
import { recordAccepted, recordBatch } from '@herald/bootstrap';
import { activeTraceparent, keyReused, MAX_OWED_IDS, step, unavailable, within } from '@herald/contracts';
import { Database, insertMessages, type NewMessage, type StoredKey } from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { IdempotencyKey } from '../idempotency/idempotency-key.js';
import { RememberedKeys } from '../idempotency/remembered-keys.js';
import { type OwedJob, packJobs } from './outbox-message.js';
import { OutboxCeiling } from './outbox.ceiling.js';
import { OutboxFeeder } from './outbox.feeder.js';
import { OwedPublisher } from './owed-publisher.js';

interface Waiting {
  messages: NewMessage[];
  key?: IdempotencyKey;
  /** Arrival, on the clock of `performance.now()`. */
  since: number;
  resolve: (acceptance: Acceptance) => void;
  reject: (error: unknown) => void;
}

export interface Acceptance {
  /** True when the messages were committed earlier, under the same key and body. */
  replayed: boolean;
  /** Time of the commit; absent without a key. */
  since?: Date;
  /** The correlationId of a single message, where it is not the given one. */
  correlationId?: string;
  /** The correlationIds of a batch; absent without a key. */
  correlationIds?: string[];
}

const MAX_ROWS_PER_COMMIT = 1000;
/**
 * After a commit that failed because Postgres is unreachable, callers who have waited longer than this are refused too.
 */
const MAX_WAIT_MS = 500;
/** The message of a 503 while the outbox is full. */
export const OUTBOX_FULL = 'Too many messages wait to be delivered; try again later';

/**
 * Commits accepted messages to the outbox before their callers get a response. Callers that arrive during a commit
 * share the next one, and the ids that were committed together are published in one job.
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
    private readonly keys: RememberedKeys,
  ) {}

  /**
   * Resolves once the messages are committed, all or none of them.
   * @throws Refusal 422 when the key was used with another body, 503 when the outbox is full; then none is accepted
   */
  accept(messages: NewMessage[], key?: IdempotencyKey): Promise<Acceptance> {
    const traceparent = activeTraceparent();
    const traced = traceparent ? messages.map((message) => ({ ...message, traceparent })) : messages;
    return new Promise((resolve, reject) => {
      this.waiting.push({ messages: traced, key, since: performance.now(), resolve, reject });
      this.startCommit();
    });
  }

  /** Returns how many commits have ended, successful or not, and whether callers are waiting for one. */
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
    const messages = all.flatMap(({ messages }) => messages);
    try {
      const jobs = await step(within('commit to outbox'), messages, () => this.write(all));
      void this.publisher.publish(jobs);
    } catch (error) {
      // No effect on callers that were refused before.
      for (const caller of all) caller.reject(error);
      if (this.database.isAway) this.refuseOverdue(error);
    }
  }

  /** Commits the messages that there is room for, settles the callers, and returns the jobs to publish. */
  private async write(all: Waiting[]): Promise<OwedJob[]> {
    const callers = await this.ceiling.reserve(all);
    if (callers.length < all.length) refuseWithoutRoom(all, callers);
    if (callers.length === 0) return [];
    const first = firstOfEachKey(callers);
    const jobs = packJobs(
      this.feeder.selectPublishable(first.flatMap(({ messages }) => messages)),
      MAX_OWED_IDS,
      randomUUID,
    );
    const fresh = await this.insert(first, jobs);
    noteCommit(fresh.keys());
    await this.settle(callers, fresh);
    return fresh.size === callers.length ? jobs : withoutReplayed(jobs, fresh);
  }

  private refuseOverdue(error: unknown): void {
    const latest = performance.now() - MAX_WAIT_MS;
    // The callers are in order of arrival.
    while (this.waiting[0] && this.waiting[0].since < latest) this.waiting.shift()?.reject(error);
  }

  /** Commits, and returns the callers whose messages were written: those without a key, and those with a new key. */
  private async insert(callers: Waiting[], jobs: OwedJob[]): Promise<Map<Waiting, StoredKey | undefined>> {
    const jobIds = new Map(jobs.flatMap(({ ids, jobId }) => ids.map((id) => [id, jobId] as const)));
    const stored = await insertMessages(this.database, callers, jobIds);
    const fresh = callers.filter(({ key }) => !key || stored.has(key.id));
    return new Map(fresh.map((caller) => [caller, caller.key && stored.get(caller.key.id)]));
  }

  /**
   * Resolves or rejects each caller. One that is not fresh repeats an earlier request, or used its key with another
   * body.
   */
  private async settle(callers: Waiting[], fresh: Map<Waiting, StoredKey | undefined>): Promise<void> {
    const used = callers.flatMap((caller) => (fresh.has(caller) || !caller.key ? [] : caller.key));
    const repeated = await this.keys.findRepeated(used);
    for (const caller of callers) {
      const { key, messages } = caller;
      const earlier = key && !fresh.has(caller) ? repeated.get(key) : undefined;
      if (!key) caller.resolve({ replayed: false });
      else if (fresh.has(caller)) caller.resolve(acceptance(messages, fresh.get(caller) as StoredKey, false));
      else if (earlier) caller.resolve(acceptance(messages, earlier, true));
      else caller.reject(keyReused());
    }
  }
}

/** Returns what a caller learns of messages under a key. Those of a batch never have the id of the key itself. */
function acceptance([first]: NewMessage[], { id, since, correlationIds }: StoredKey, replayed: boolean): Acceptance {
  const isSingle = first?.id === id;
  return {
    replayed,
    since,
    ...(correlationIds && (isSingle ? { correlationId: correlationIds[0] } : { correlationIds })),
  };
}

function refuseWithoutRoom(all: Waiting[], withRoom: Waiting[]): void {
  const fitting = new Set(withRoom);
  for (const caller of all) {
    if (!fitting.has(caller)) caller.reject(unavailable(OUTBOX_FULL));
  }
}

/** Drops repetitions of a key within one commit: the first is written, and the others find it. */
function firstOfEachKey(callers: Waiting[]): Waiting[] {
  const taken = new Set<string>();
  return callers.filter(({ key }) => !key || (!taken.has(key.id) && taken.add(key.id)));
}

function noteCommit(callers: Iterable<Waiting>): void {
  const now = performance.now();
  const sizes = new Map<string, number>();
  for (const { messages, since } of callers) {
    for (const { queue } of messages) sizes.set(queue, (sizes.get(queue) ?? 0) + 1);
    if (messages[0]) recordAccepted(messages[0].queue, (now - since) / 1000);
  }
  for (const [queue, size] of sizes) recordBatch(queue, size);
}

/** Removes replayed messages from the jobs: they were published when they were new. */
function withoutReplayed(jobs: OwedJob[], fresh: Map<Waiting, unknown>): OwedJob[] {
  const written = new Set([...fresh.keys()].flatMap(({ messages }) => messages.map(({ id }) => id)));
  return jobs
    .map((job) => ({
      ...job,
      ids: job.ids.filter((id) => written.has(id)),
      traceparents: job.traceparents.filter((_, seat) => written.has(job.ids[seat] as string)),
    }))
    .filter(({ ids }) => ids.length > 0);
}
