import { count, countedActions, countedRecipients } from '../../agent-actions/action-counters.js';
import type { Sql } from '../../connection/database.js';

/** A kind of rows that is kept for a number of days. */
export interface Kept {
  /** Name in the log and in the advisory lock. */
  name: string;
  /** $1 days, $2 limit. Selects and locks ids of older rows; rows locked by others are left for the next batch. */
  lock: string;
  /** $1 ids. Removes these rows and those that belong to them. */
  remove: string;
}

const oldest = (table: string, age: string) => `
  select id from ${table} where ${age} < now() - $1::integer * interval '1 day' limit $2 for update skip locked`;

export const FEED: Kept = {
  name: 'feed messages',
  lock: oldest('feed_messages', 'delivered_at'),
  remove: 'delete from feed_messages where id = any($1::uuid[])',
};

/**
 * Removes actions, subtracts them from the counters, and removes their recipients by the foreign key. A separate
 * statement locks them first, so that the removal sees every earlier status change.
 */
export const ACTIONS: Kept = {
  name: 'agent actions',
  lock: `select id from (${oldest('agent_actions', 'recorded_at')}) o order by id`,
  remove: `
    with actions as (delete from agent_actions where id = any($1::uuid[]) returning *),
    recipients as (
      select r.* from agent_action_recipients r join actions a on a.id = r.notification_id)
    ${count(`${countedActions('actions', 'status', '-1')} union all ${countedRecipients('recipients', 'status', '-1')}`)}`,
};

/**
 * Removes one batch within the transaction `tx`. Returns its size, or undefined while another process removes the same
 * kind.
 */
export async function removeOld(tx: Sql, kept: Kept, days: number, atMost: number): Promise<number | undefined> {
  const [turn] = await tx.query<{ ours: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as ours', [
    `herald retention ${kept.name}`,
  ]);
  if (!turn?.ours) return undefined;
  const old = await tx.query<{ id: string }>(kept.lock, [days, atMost]);
  if (old.length > 0) await tx.query(kept.remove, [old.map(({ id }) => id)]);
  return old.length;
}
