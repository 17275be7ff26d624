/** Inserts a notification with a copy of the fields and the answer schema that its type has now. */
export const MAKE = `
  insert into notifications (correlation_id, merchant_id, conversation_id, notification_type, context,
                             requested_fields, answered_fields, answer_schema, allow_multiple_answers)
  select $1, c.merchant_id, c.id, t.name, $5::jsonb, t.requested_fields, t.answered_fields, t.answer_schema,
         t.allow_multiple_answers
    from conversations c, notification_types t
   where c.id = $3 and c.merchant_id = $2 and t.name = $4
      on conflict (correlation_id) do nothing
  returning id`;

/** Finds the notification that an earlier request made; `same` tells whether the two requests are equal. */
export const FIND_MADE = `
  select merchant_id = $2 and conversation_id = $3 and notification_type = $4 and context = $5::jsonb as same
    from notifications where correlation_id = $1`;

/**
 * Stores a change of a conversation unless it is older than the row. Always returns whether the merchant is the same.
 */
export const UPSERT = `
  insert into conversations as c (id, merchant_id, lead_phone, lead_name, updated_at) values ($1, $2, $3, $4, $5)
      on conflict (id) do update set
         lead_phone = case when ${newer('c')} then excluded.lead_phone else c.lead_phone end,
         lead_name = case when ${newer('c')} then excluded.lead_name else c.lead_name end,
         updated_at = case when ${newer('c')} then excluded.updated_at else c.updated_at end
  returning c.merchant_id = $2 as same_merchant`;

/** Removes a finished message from the outbox and the dead letters. */
export const LEAVE = `
  with taken as (delete from outbox where id = $1 and queue = 'merchant-answers')
  delete from dead_letters where correlation_id = $1 and queue = 'merchant-answers'`;

function newer(row: string): string {
  return `${row}.merchant_id = excluded.merchant_id and excluded.updated_at >= ${row}.updated_at`;
}
