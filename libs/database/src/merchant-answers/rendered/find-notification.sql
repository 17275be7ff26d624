-- $1: 123
-- $2: 1
select n.id::float8, n.notification_type, n.status, n.created_at, n.updated_at, n.conversation_id::float8,
  jsonb_strip_nulls(jsonb_build_object('lead_phone', c.lead_phone, 'lead_name', c.lead_name)) || n.context as context,
  n.requested_fields, n.answered_fields, n.answer_schema, n.allow_multiple_answers, n.expires_at,
  jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name) as conversation, n.answer, case
    when n.answer is not null then n.updated_at
  end as answered_at
from notifications n
  join conversations c on c.id = n.conversation_id
  and c.merchant_id = n.merchant_id
where n.id = $1
  and n.merchant_id = $2;
