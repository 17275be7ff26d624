import type { JsonObject } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { insertEvents, WITH_EVENT_ID } from './question-event.js';

/** A request for an answer, as its notification stores it. */
export interface StoredRequest {
  correlationId: string;
  merchantId: number;
  conversationId: number;
  type: string;
  context: JsonObject;
  /** In the place of what its type says. */
  expiresAt?: string | null;
  /** Seconds, in the place of what its type says. */
  remindBefore?: number | null;
}

/** Where a command writes the event of its question. */
export interface EventTarget {
  tenant: string;
  traceparent?: string;
  /** False while no consumer of the events is configured. */
  writesEvent: boolean;
}

export const valuesOfRequest = ({
  correlationId,
  merchantId,
  conversationId,
  type,
  context,
  expiresAt,
}: StoredRequest) => [correlationId, merchantId, conversationId, type, JSON.stringify(context), expiresAt ?? null];

/**
 * $1 the request's correlationId, $2 merchant, $3 conversation, $4 type, $5 context, $6 its end or null, $7 seconds of the
 * reminder before it or null, $8 the merchant's tenant, $9 traceparent or null, $10 true to write the event. Inserts a
 * notification with a copy of the fields and the answer schema that its type has now; it has no reminder when that would
 * be due already. Returns its id, or no row when the request was made before or the merchant has no such conversation.
 */
const INSERT_NOTIFICATION = `
  with asked as (
    insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context,
                               requested_fields, answered_fields, answer_schema, allow_multiple_answers, expires_at, remind_at)
    select $1, c.merchant_id, c.id, t.name, $5::jsonb, t.requested_fields, t.answered_fields, t.answer_schema,
           t.allow_multiple_answers, due.expires_at, case when due.remind_at > now() then due.remind_at end
      from conversations c, notification_types t,
           lateral (select coalesce($6::timestamptz, now() + t.answer_within * interval '1 second') as expires_at) ends,
           lateral (select ends.expires_at,
                           ends.expires_at - coalesce($7::integer, t.remind_before) * interval '1 second' as remind_at) due
     where c.id = $3 and c.merchant_id = $2 and t.name = $4
        on conflict (correlation_id) do nothing
    returning ${WITH_EVENT_ID}),
  event as (${insertEvents(
    { happening: 'requested', rows: 'asked', at: 'n.created_at', tenant: '$8::uuid', traceparent: '$9::text' },
    '$10::boolean',
  )})
  select id from asked`;

export const insertNotification = async (
  sql: Sql,
  request: StoredRequest,
  { tenant, traceparent, writesEvent }: EventTarget,
): Promise<boolean> => {
  const more = [request.remindBefore ?? null, tenant, traceparent ?? null, writesEvent];
  return (await sql.query(INSERT_NOTIFICATION, [...valuesOfRequest(request), ...more])).length > 0;
};
