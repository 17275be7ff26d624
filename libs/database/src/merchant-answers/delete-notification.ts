import type { Sql } from '../connection/database.js';
import { insertEvents, WITH_EVENT_ID } from './question-event.js';
import type { EventTarget } from './insert-notification.js';

const GONE = { rows: 'gone', at: 'now()', tenant: '$3::uuid', traceparent: '$4::text' };
const WAS_OPEN = `$5::boolean and n.status = 'requested'`;

/**
 * $1 notification, $2 merchant, $3 the merchant's tenant, $4 traceparent or null, $5 true to write the event. Deletes a
 * notification and keeps its id for streams. One that was open is dismissed, or has expired if no worker has marked it
 * yet. Returns its id; another merchant's is no row.
 */
const DELETE_NOTIFICATION = `
  with gone as (
    delete from notifications where id = $1 and merchant_id = $2 returning ${WITH_EVENT_ID}),
  noted as (
    insert into deleted_notifications (id, merchant_id) select id, merchant_id from gone),
  dismissed as (${insertEvents(
    { happening: 'dismissed', ...GONE },
    `${WAS_OPEN} and (n.expires_at is null or n.expires_at > now())`,
  )}),
  expired as (${insertEvents({ happening: 'expired', ...GONE }, `${WAS_OPEN} and n.expires_at <= now()`)})
  select id from gone`;

export const deleteNotification = async (
  sql: Sql,
  { id, merchantId }: { id: number; merchantId: number },
  { tenant, traceparent, writesEvent }: EventTarget,
): Promise<boolean> =>
  (await sql.query(DELETE_NOTIFICATION, [id, merchantId, tenant, traceparent ?? null, writesEvent])).length > 0;
