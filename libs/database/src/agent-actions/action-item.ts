import type { ActionItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { isoTime } from '../connection/iso-time.js';

/** Returns an id with its directory entry. */
const person = (id: string, user: string) =>
  `json_build_object('id', ${id}, 'email', ${user}.email, 'name', ${user}.name)`;

/** Recipient `r` with directory entry `u`, as `ActionRecipient`. */
export const ACTION_RECIPIENT = `json_build_object('id', r.id, 'notification_id', r.notification_id, 'user_id', r.user_id,
  'status', r.status, 'read_at', ${isoTime('r.read_at')}, 'user', ${person('r.user_id', 'u')})`;

export const WITH_USER = 'left join users u on u.company_id = r.company_id and u.id = r.user_id';

const recipients = (condition: string) => `
  (select coalesce(json_agg(${ACTION_RECIPIENT} order by r.position), '[]') from agent_action_recipients r ${WITH_USER}
    where r.notification_id = n.id and r.company_id = n.company_id ${condition}) as recipients`;

const FIELDS = (
  status: string,
) => `n.id, n.company_id, n.sender_id, n.notification_type, n.priority, ${status}, n.title,
  n.message, n.metadata, n.action_url, n.expires_at, n.created_at, n.updated_at,
  case when n.sender_user_id is not null then ${person('n.sender_user_id', 's')} end as sender`;

/** Action `n` with the directory entry `s` of its sender, as `ActionItem`. */
export const ACTION_ITEM = `${FIELDS('n.status')}, ${recipients('')}`;

/** Action `n` with the status of recipient `mine`. */
export const USERS_ACTION_ITEM = `${FIELDS('mine.status, mine.read_at')}, ${recipients('and r.user_id = mine.user_id')}`;

export const WITH_SENDER = 'left join users s on s.company_id = n.company_id and s.id = n.sender_user_id';

/** $1 action, $2 company. */
const FIND = `select ${ACTION_ITEM} from agent_actions n ${WITH_SENDER} where n.id = $1 and n.company_id = $2`;

/** Returns undefined when the company has no such action. */
export async function findAction(tx: Sql, companyId: string, id: string): Promise<ActionItem | undefined> {
  const [action] = await tx.query<ActionItem>(FIND, [id, companyId]);
  return action;
}
