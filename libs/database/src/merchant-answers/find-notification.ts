import type { NotificationDetails } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { NOTIFICATION_ITEM } from './list-notifications.js';

type Times = 'created_at' | 'updated_at' | 'expires_at' | 'answered_at';
type Row = Omit<NotificationDetails, Times> &
  Record<'created_at' | 'updated_at', Date> & {
    expires_at: Date | null;
    answered_at: Date | null;
  };

/** $1 notification, $2 merchant. Returns a notification as `NotificationDetails`. */
const FIND_NOTIFICATION = `
  select ${NOTIFICATION_ITEM}, n.answer_schema, n.allow_multiple_answers, n.expires_at,
         jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name) as conversation,
         n.answer, case when n.answer is not null then n.updated_at end as answered_at
    from notifications n join conversations c on c.id = n.conversation_id and c.merchant_id = n.merchant_id
   where n.id = $1 and n.merchant_id = $2`;

/** Returns undefined when the merchant has no such notification. */
export async function findNotification(sql: Sql, id: number, merchantId: number): Promise<Row | undefined> {
  const [row] = await sql.query<Row>(FIND_NOTIFICATION, [id, merchantId]);
  return row;
}
