import type { JsonObject } from '@herald/contracts';
import type { Database } from '../connection/database.js';

/** A notification as its answers are checked, and what is known of a command with the answer's correlationId. */
export interface FoundQuestion {
  notification_id: string | null;
  status: 'requested' | 'answered' | 'expired';
  answered_fields: string[];
  answer_schema: JsonObject;
  allow_multiple_answers: boolean;
  answer: JsonObject | null;
  answer_id: string | null;
  body_hash: Buffer | null;
  verdict: unknown;
  created_at: Date | null;
  correlation_ids: string[] | null;
}

/**
 * $1 the answer's correlationId, $2 notification, $3 merchant. Always returns one row: the rules that the notification
 * copied from its type, its status by the database's clock, and its latest answer with that answer's correlationId (null when the merchant has
 * no such notification), and the record of an earlier command with this correlationId (null when there is none).
 */
const FIND_QUESTION = `
  select n.id as notification_id,
         case when n.status = 'requested' and n.expires_at <= now() then 'expired' else n.status end as status,
         n.answered_fields, n.answer_schema, n.allow_multiple_answers, n.answer,
         n.answer_id, r.body_hash, r.verdict, r.created_at, r.correlation_ids
    from (values ($1::uuid)) given (id)
    left join requests r on r.id = given.id
    left join notifications n on n.id = $2 and n.merchant_id = $3`;

export async function findQuestion(
  database: Database,
  correlationId: string,
  notificationId: number,
  merchantId: number,
): Promise<FoundQuestion> {
  const values = [correlationId, notificationId, merchantId];
  const [found] = await database.prepared<FoundQuestion & Record<string, unknown>>(FIND_QUESTION, values);
  return found as FoundQuestion;
}
