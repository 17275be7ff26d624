-- $1: 1
-- $2: 1000
-- $3: "requested"
-- $4: null
-- $5: 50
select n.id::float8, n.notification_type, n.status, n.created_at, n.updated_at, n.conversation_id::float8,
  jsonb_strip_nulls(jsonb_build_object('lead_phone', c.lead_phone, 'lead_name', c.lead_name)) || n.context as context,
  n.requested_fields, n.answered_fields
from (
    select *
    from notifications
    where merchant_id = $1
      and id < $2
      and ($3::text is null or status = $3)
      and ($4::text[] is null or notification_type = any ($4))
    order by id desc
    limit $5
  ) n
  left join conversations c on c.id = n.conversation_id
  and c.merchant_id = n.merchant_id
order by n.id desc;
