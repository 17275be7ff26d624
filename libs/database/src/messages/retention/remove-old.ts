import { count, countedActions, countedRecipients } from '../../agent-actions/action-counters.js';
import type { Sql } from '../../connection/database.js';

/** What a slice keeps for a number of days. */
export interface Kept {
  /** As the log and the advisory lock name it. */
  name: string;
  /** $1 days, $2 how many at the most: ids that are older, locked; what somebody else has locked waits for the next batch. */
  lock: string;
  /** $1 ids: removes them and what belongs to them. */
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
 * The figures go with what they count, and the recipients with their action, by its foreign key. Locked first, in a
 * statement of their own: the removal sees every change of a status that was made before.
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
 * Removes one batch inside the transaction `tx`; tells how many there were, or undefined while another process removes
 * the same.
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
