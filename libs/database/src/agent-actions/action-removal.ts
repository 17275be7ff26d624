import { ageOfOldest, type Kept, oldest, oldestFirst } from '../messages/retention/remove-old.js';
import { count, countedActions, countedRecipients } from './action-counters.js';

/** Sorts the chosen actions, because everybody locks them in this order. */
const inOrder = (chosen: string) => `select id from (${chosen}) o order by id`;

/**
 * Removes old actions, subtracts them from the counters, and removes their recipients by the foreign key. A separate
 * statement locks them first, so that the removal sees every earlier status change.
 */
export const ACTIONS: Kept = {
  name: 'agent actions',
  table: 'agent_actions',
  unit: 'days',
  lock: inOrder(oldest('agent_actions', 'recorded_at')),
  remove: `
    with actions as (delete from agent_actions where id = any($1::uuid[]) returning *),
    recipients as (
      select r.* from agent_action_recipients r join actions a on a.id = r.notification_id)
    ${count(`${countedActions('actions', 'status', '-1')} union all ${countedRecipients('recipients', 'status', '-1')}`)}`,
};

/** Nobody may remove an action that is younger than a day. */
const OF_YESTERDAY = `recorded_at < now() - interval '1 day'`;

/** Removes actions that all recipients have read or archived, by the time of the last of these changes. */
export const READ_ACTIONS: Kept = {
  ...ACTIONS,
  name: 'read agent actions',
  lock: inOrder(oldestFirst('agent_actions', 'updated_at', `status <> 'unread' and ${OF_YESTERDAY}`)),
  oldest: ageOfOldest(`agent_actions where status <> 'unread'`, 'updated_at'),
};

/** Removes actions whose `expires_at` has passed. */
export const EXPIRED_ACTIONS: Kept = {
  ...ACTIONS,
  name: 'expired agent actions',
  lock: inOrder(oldestFirst('agent_actions', 'expires_at', OF_YESTERDAY)),
  oldest: `select greatest(0, seconds) as seconds from (${ageOfOldest('agent_actions', 'expires_at')}) o`,
};
