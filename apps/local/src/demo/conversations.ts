import type { Sql } from '@herald/database';
import type { DemoCompany } from '@herald/operator';

/** The notification of the documented sample, open until it is answered (contracts README, "Demo data"). */
const SAMPLE = {
  id: 123,
  correlationId: '123e4567-e89b-12d3-a456-426614174123',
  conversationId: 456,
  type: 'user_question_request',
  context: { question: 'What are your business hours?', document_id: 789 },
  createdAt: '2025-10-28T10:30:00Z',
};

const LEAD = { phone: '+1234567890', name: 'Lena Lead' };

/** Inserts the conversations of the merchants and the sample notification. Existing rows stay unchanged. */
export async function insertConversations(sql: Sql, { merchants }: DemoCompany): Promise<void> {
  for (const { id: merchantId, conversationIds } of merchants) {
    for (const id of conversationIds) {
      await sql.query(
        `insert into conversations (id, merchant_id, lead_phone, lead_name, updated_at) values ($1, $2, $3, $4, $5)
             on conflict do nothing`,
        [id, merchantId, LEAD.phone, id === SAMPLE.conversationId ? null : LEAD.name, SAMPLE.createdAt],
      );
      if (id === SAMPLE.conversationId) await insertSample(sql, merchantId);
    }
  }
}

async function insertSample(sql: Sql, merchantId: number): Promise<void> {
  const { id, correlationId, conversationId, type, context, createdAt } = SAMPLE;
  await sql.query(
    `insert into notifications (id, correlation_id, merchant_id, conversation_id, notification_type, context,
                                requested_fields, answered_fields, answer_schema, allow_multiple_answers,
                                created_at, updated_at)
     select $1, $2, $3, $4, name, $6, requested_fields, answered_fields, answer_schema, allow_multiple_answers, $7, $7
       from notification_types where name = $5
         on conflict do nothing`,
    [id, correlationId, merchantId, conversationId, type, JSON.stringify(context), createdAt],
  );
  // New notifications get higher ids than the sample.
  await sql.query(`select setval('notifications_id_seq', greatest($1, last_value)) from notifications_id_seq`, [id]);
}
