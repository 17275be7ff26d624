import type { ActionRecipient } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { ACTION_RECIPIENT, WITH_USER } from './action-item.js';
import { count, countedActions, countedRecipients } from './action-counters.js';

/** $1 action, $2 company. Locks an action; every status change takes this lock before its recipients and counters. */
const LOCK_ACTION = `
  select status from agent_actions where id = $1 and company_id = $2 for no key update`;

const CHANGES = `
  ${countedRecipients('before', 'status', '-1')} union all ${countedRecipients('changed')} union all
  select * from (${countedActions('action', 'before_status', '-1')} union all ${countedActions('action')}) moved
   where exists (select from action where status <> before_status)`;

/**
 * $1 action (locked), $2 user, $3 status, $4 the action's previous status. Changes the recipient, derives the action's
 * status and updates the counters of both. Returns the recipient as `recipient`, or no row when the user is no
 * recipient. Setting the current status again changes nothing (contracts README, "Read states").
 */
const SET_STATUS = `
  with before as (
    select * from agent_action_recipients where notification_id = $1 and user_id = $2 and status <> $3),
  changed as (
    update agent_action_recipients
       set status = $3, read_at = case $3 when 'unread' then null when 'read' then coalesce(read_at, now()) else read_at end
     where notification_id = $1 and user_id = $2 and status <> $3 returning *),
  derived as (
    select case when bool_and(status = 'archived') then 'archived' when bool_and(status <> 'unread') then 'read'
                else 'unread' end as status
      from (select coalesce(c.status, r.status) as status
              from agent_action_recipients r left join changed c using (user_id) where r.notification_id = $1) now),
  action as (
    update agent_actions n set status = d.status, updated_at = now() from derived d, changed c where n.id = $1
    returning n.company_id, n.agent_id, n.sender_id, n.created_at, n.notification_type, n.priority, n.status,
              $4::text as before_status),
  counters as (${count(CHANGES)})
  select ${ACTION_RECIPIENT} as recipient
    from (select * from changed union all
          select * from agent_action_recipients where notification_id = $1 and user_id = $2 and status = $3) r ${WITH_USER}`;

/** Locks an action and returns its status, or undefined when the company has no such action. */
export async function lockAction(tx: Sql, companyId: string, id: string): Promise<string | undefined> {
  const [action] = await tx.query<{ status: string }>(LOCK_ACTION, [id, companyId]);
  return action?.status;
}

/** Changes a recipient of a locked action whose status was `before`; returns undefined when there is no such recipient. */
export async function setActionStatus(
  tx: Sql,
  { notificationId, userId, status }: { notificationId: string; userId: string; status: string },
  before: string,
): Promise<ActionRecipient | undefined> {
  const [changed] = await tx.query<{ recipient: ActionRecipient }>(SET_STATUS, [
    notificationId,
    userId,
    status,
    before,
  ]);
  return changed?.recipient;
}
