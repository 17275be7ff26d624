import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Sql } from '../connection/database.js';

/** Actions per transaction; small, so that removals, which wait for it, do not wait long. */
const BATCH = 2_000;
/** Lists per transaction: each commit of actions makes one. */
const LISTS = 1_000;
/** The last possible id: all actions of before are counted. */
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Locks the uses, or returns no row while another process counts. */
const LOCK = 'select counted_to from agent_action_uses_progress for update skip locked';

/** $1 the number of actions after which no further list is taken. */
const TAKE = `
  delete from agent_action_uncounted where (company_id, id) in (
    select company_id, id
      from (select company_id, id, sum(cardinality(ids)) over (order by company_id, id) - cardinality(ids) as before
              from (select * from agent_action_uncounted limit ${LISTS}) next) lists
     where before < $1)
  returning ids`;

/** $1 ids. An action that has been removed meanwhile is not counted, and its removal did not subtract it. */
const COUNT = 'select count_uses(array_agg(a), 1) from agent_actions a where a.id = any($1::uuid[])';

/** $1 last id, $2 limit. */
const NEXT_OF_BEFORE = 'select id from agent_actions where id > $1 order by id limit $2';
const PROGRESS = 'update agent_action_uses_progress set counted_to = $1';
const COUNT_OF_BEFORE = `
  select count_uses(array_agg(a), 1) from agent_actions a where a.id > $1 and a.id <= $2 and not a.listed`;

/** $1 last id. */
const ARE_COUNTED = 'select counted_to = $1::uuid as counted from agent_action_uses_progress';

/** Counts one batch of uncounted actions; returns whether there may be more. */
export async function countUses(tx: Sql): Promise<boolean> {
  const [progress] = await tx.query<{ counted_to: string }>(LOCK);
  if (!progress) return false;
  const lists = await tx.query<{ ids: string[] }>(TAKE, [BATCH]);
  const ids = lists.flatMap((list) => list.ids);
  if (ids.length > 0) await tx.query(COUNT, [ids]);
  const isFull = ids.length >= BATCH || lists.length === LISTS;
  if (isFull || progress.counted_to === LAST) return isFull;
  await countThoseOfBefore(tx, progress.counted_to);
  return true;
}

async function countThoseOfBefore(tx: Sql, after: string): Promise<void> {
  const batch = await tx.query<{ id: string }>(NEXT_OF_BEFORE, [after, BATCH]);
  const last = batch.at(-1)?.id;
  if (last) await tx.query(COUNT_OF_BEFORE, [after, last]);
  await tx.query(PROGRESS, [batch.length === BATCH ? last : LAST]);
}

/** Returns false as long as actions from before the uses were kept are still being counted. */
export async function areUsesCounted(tx: Sql): Promise<boolean> {
  const [progress] = await tx.query<{ counted: boolean }>(ARE_COUNTED, [LAST]);
  return progress?.counted ?? false;
}

interface UseCountingOptions {
  everyMs: number;
  log: { warn(message: { message: string; err: unknown }): void };
}

/** Counts what was recorded, every second, while its worker runs. */
export class UseCounting {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly database: Database,
    private readonly options: UseCountingOptions,
  ) {
    this.running = this.run();
  }

  /** Resolves after the current batch. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { everyMs, log } = this.options;
    const { signal } = this.stopping;
    let failed = false;
    while (await sleep(everyMs, true, { signal, ref: false }).catch(() => false)) {
      try {
        while (!signal.aborted && (await this.database.transaction(countUses)));
        failed = false;
      } catch (err) {
        if (!failed) log.warn({ message: 'uses of tools could not be counted; trying again', err });
        failed = true;
      }
    }
  }
}
