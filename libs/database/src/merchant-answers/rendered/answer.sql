-- $1: 1
-- $2: 1
-- $3: "123e4567-e89b-12d3-a456-426614174000"
-- $4: {"type":"Buffer","data":[104,97,115,104]}
-- $5: "{}"
-- $6: "{}"
-- $7: "123e4567-e89b-12d3-a456-426614174004"
-- $8: "123e4567-e89b-12d3-a456-426614174004"
-- $9: null
-- $10: true
-- $11: "2025-03-05T10:30:00.000Z"
-- $12: "2025-03-05T10:31:00.000Z"
-- $13: "123e4567-e89b-12d3-a456-426614174000"
with
  answered as (
    update notifications
    set status = 'answered', answer = $6::jsonb, answer_id = $13, updated_at = now()
    where id = $1
      and merchant_id = $2
      and (
        status = 'requested'
        and (expires_at is null or expires_at > now())
        or status = 'answered'
        and allow_multiple_answers
      )
    returning *, gen_random_uuid() as event_id
  ),
  remembered as (
    insert into requests (id, body_hash, verdict, company_id, queue, queued_at, started_at, correlation_ids)
    select $3::uuid, $4::bytea, $5::jsonb, $8::uuid, 'merchant-answers', $11::timestamptz, $12::timestamptz, case
        when $13::uuid <> $3::uuid then array[$13::uuid]
      end
    from answered
    returning created_at, correlation_ids
  ),
  old_event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select $7::uuid, 'merchant-answers.answered', 'answered', $8::uuid, n.updated_at, $9::text,
      jsonb_build_object(
        'v', 1, 'id', $7::uuid, 'notification',
        jsonb_build_object(
          'id', n.id, 'correlationId', n.correlation_id, 'notification_type', n.notification_type, 'created_at',
          to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ), 'correlationId', n.answer_id, 'answered_at',
        to_char(n.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'merchant_id', n.merchant_id,
        'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
        'question', n.context, 'answer', n.answer
      )
    from answered n
      join conversations c on c.id = n.conversation_id
    where $7::uuid is not null
  ),
  event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select n.event_id, 'merchant-answers.events', 'answered', $8::uuid, n.updated_at, $9::text,
      jsonb_build_object(
        'v', 1, 'id', n.event_id, 'notification',
        jsonb_build_object(
          'id', n.id, 'correlationId', n.correlation_id, 'notification_type', n.notification_type, 'created_at',
          to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ) || jsonb_build_object('expires_at', to_char(n.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        'correlationId', n.answer_id, 'answered_at',
        to_char(n.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'merchant_id', n.merchant_id,
        'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
        'question', n.context, 'answer', n.answer
      )
    from answered n
      join conversations c on c.id = n.conversation_id
    where $10::boolean
  )
select created_at, correlation_ids
from remembered;
