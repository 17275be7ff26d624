import type { JsonObject } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** A request for an answer, as its notification stores it. */
export interface StoredRequest {
  correlationId: string;
  merchantId: number;
  conversationId: number;
  type: string;
  context: JsonObject;
}

export const valuesOfRequest = ({ correlationId, merchantId, conversationId, type, context }: StoredRequest) => [
  correlationId,
  merchantId,
  conversationId,
  type,
  JSON.stringify(context),
];

/**
 * $1 the request's correlationId, $2 merchant, $3 conversation, $4 type, $5 context. Inserts a notification with a copy of
 * the fields and the answer schema that its type has now. Returns its id, or no row when the request was made before or
 * the merchant has no such conversation.
 */
const INSERT_NOTIFICATION = `
  insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context,
                             requested_fields, answered_fields, answer_schema, allow_multiple_answers)
  select $1, c.merchant_id, c.id, t.name, $5::jsonb, t.requested_fields, t.answered_fields, t.answer_schema,
         t.allow_multiple_answers
    from conversations c, notification_types t
   where c.id = $3 and c.merchant_id = $2 and t.name = $4
      on conflict (correlation_id) do nothing
  returning id`;

export const insertNotification = async (sql: Sql, request: StoredRequest): Promise<boolean> =>
  (await sql.query(INSERT_NOTIFICATION, valuesOfRequest(request))).length > 0;
