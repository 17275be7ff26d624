import { type Kept, oldest } from '../messages/retention/remove-old.js';
import { count, countedActions, countedRecipients } from './action-counters.js';

/**
 * Removes old actions, subtracts them from the counters, and removes their recipients by the foreign key. A separate
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
