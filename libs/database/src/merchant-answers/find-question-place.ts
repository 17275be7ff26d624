import type { Sql } from '../connection/database.js';
import type { MessagePlace } from '../messages/message-trace.js';

/** $1 the question's correlationId, $2 merchant. A question outlives the record of its request. */
const FIND_QUESTION_PLACE = `
  select correlation_id, null::uuid as company_id, 'merchant-answers' as queue, 'delivered' as state,
         null::timestamptz as accepted_at, null::timestamptz as queued_at, null::timestamptz as started_at,
         created_at as ended_at, '[]'::jsonb as history, null::text as error, null::uuid as job_id
    from notifications where correlation_id = $1 and merchant_id = $2`;

/** Returns undefined when the merchant has no such question. */
export async function findQuestionPlace(sql: Sql, id: string, merchantId: number): Promise<MessagePlace | undefined> {
  const [place] = await sql.query<MessagePlace & Record<string, unknown>>(FIND_QUESTION_PLACE, [id, merchantId]);
  return place;
}
