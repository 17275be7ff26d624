import type { Sql } from '../connection/database.js';
import { type StoredRequest, valuesOfRequest } from './insert-notification.js';

/**
 * $1 to $6 as for `INSERT_NOTIFICATION`. Finds the notification that an earlier request with this correlationId made;
 * `same` is true when both requests are equal.
 */
const COMPARE_REQUEST = `
  select merchant_id = $2 and conversation_id = $3 and notification_type = $4 and context = $5::jsonb
         and ($6::timestamptz is null or expires_at is not distinct from $6) as same
    from notifications where correlation_id = $1`;

/** Returns whether an earlier request with this correlationId was equal; undefined when there was none. */
export async function compareRequest(sql: Sql, request: StoredRequest): Promise<boolean | undefined> {
  const [earlier] = await sql.query<{ same: boolean }>(COMPARE_REQUEST, valuesOfRequest(request));
  return earlier?.same;
}
