import type { Sql } from '../connection/database.js';

interface StoredConversation {
  id: number;
  merchantId: number;
  leadPhone?: string | null;
  leadName?: string | null;
  /** ISO 8601 with microseconds, so that two changes within a millisecond keep their order. */
  updatedAt?: string;
}

/**
 * $1 id, $2 merchant, $3 the lead's phone, $4 the lead's name, $5 updated at. Stores the state of a conversation, unless
 * the row has a later one or belongs to another merchant. Always returns whether the merchant is the same.
 */
const UPSERT_CONVERSATION = `
  insert into conversations as c (id, merchant_id, lead_phone, lead_name, updated_at) values ($1, $2, $3, $4, $5)
      on conflict (id) do update
     set (lead_phone, lead_name, updated_at) = (
           select case when newer then excluded.lead_phone else c.lead_phone end,
                  case when newer then excluded.lead_name else c.lead_name end,
                  case when newer then excluded.updated_at else c.updated_at end
             from (select c.merchant_id = excluded.merchant_id and excluded.updated_at >= c.updated_at as newer) change)
  returning c.merchant_id = $2 as same_merchant`;

/** Returns false, and changes nothing, when the conversation belongs to another merchant. */
export async function upsertConversation(sql: Sql, conversation: StoredConversation): Promise<boolean> {
  const { id, merchantId, leadPhone = null, leadName = null, updatedAt } = conversation;
  const [row] = await sql.query<{ same_merchant: boolean }>(UPSERT_CONVERSATION, [
    id,
    merchantId,
    leadPhone,
    leadName,
    updatedAt,
  ]);
  return row?.same_merchant === true;
}
