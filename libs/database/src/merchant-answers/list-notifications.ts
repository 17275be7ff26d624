import type { NotificationItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

type Row = Omit<NotificationItem, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };

interface PageOfNotifications {
  merchantId: number;
  /** The page begins below this id. */
  before: number;
  status?: string;
  types?: string[];
  limit: number;
}

/**
 * Notification `n` with the lead `c` of its conversation, as `NotificationItem`: integers up to 2^53 as numbers, which pg
 * would return as text, and the lead in the context.
 */
export const NOTIFICATION_ITEM = `n.id::float8, n.notification_type, n.status, n.created_at, n.updated_at, n.conversation_id::float8,
         jsonb_strip_nulls(jsonb_build_object('lead_phone', c.lead_phone, 'lead_name', c.lead_name)) || n.context as context,
         n.requested_fields, n.answered_fields`;

export const WITH_LEAD = 'left join conversations c on c.id = n.conversation_id and c.merchant_id = n.merchant_id';

/**
 * $1 merchant, $2 id below which the page begins, $3 status or null, $4 types or null, $5 maximum. Returns notifications,
 * newest first. Run it unprepared, so that the planner sees the status and uses the partial index of open notifications.
 */
const LIST_NOTIFICATIONS = `
  select ${NOTIFICATION_ITEM}
    from (select * from notifications
           where merchant_id = $1 and id < $2 and ($3::text is null or status = $3)
             and ($4::text[] is null or notification_type = any($4))
           order by id desc limit $5) n ${WITH_LEAD}
   order by n.id desc`;

export const listNotifications = (
  sql: Sql,
  { merchantId, before, status, types, limit }: PageOfNotifications,
): Promise<Row[]> => sql.query<Row>(LIST_NOTIFICATIONS, [merchantId, before, status ?? null, types ?? null, limit]);
