-- $1: "123e4567-e89b-12d3-a456-426614174000"
-- $2: 1
-- $3: 456
-- $4: "user_question_request"
-- $5: "{}"
-- $6: null
-- $7: null
-- $8: "123e4567-e89b-12d3-a456-426614174004"
-- $9: null
-- $10: true
with
  asked as (
    insert into notifications (
        correlation_id, merchant_id, conversation_id, notification_type, context, requested_fields, answered_fields,
        answer_schema, allow_multiple_answers, expires_at, remind_at
      )
    select $1, c.merchant_id, c.id, t.name, $5::jsonb, t.requested_fields, t.answered_fields, t.answer_schema,
      t.allow_multiple_answers, due.expires_at, case
        when due.remind_at > now() then due.remind_at
      end
    from conversations c, notification_types t,
      lateral (select coalesce($6::timestamptz, now() + t.answer_within * interval '1 second') as expires_at) ends,
      lateral (
        select ends.expires_at,
          ends.expires_at - coalesce($7::integer, t.remind_before) * interval '1 second' as remind_at
      ) due
    where c.id = $3
      and c.merchant_id = $2
      and t.name = $4
    on conflict (correlation_id) do nothing
    returning *, gen_random_uuid() as event_id
  ),
  event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select n.event_id, 'merchant-answers.events', 'requested', $8::uuid, n.created_at, $9::text,
      jsonb_build_object(
        'v', 1, 'id', n.event_id, 'notification',
        jsonb_build_object(
          'id', n.id, 'correlationId', n.correlation_id, 'notification_type', n.notification_type, 'created_at',
          to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ) || jsonb_build_object('expires_at', to_char(n.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        'correlationId', n.correlation_id, 'requested_at',
        to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'merchant_id', n.merchant_id,
        'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
        'question', n.context
      )
    from asked n
      join conversations c on c.id = n.conversation_id
    where $10::boolean
  )
select id
from asked;
