-- $1: 1
-- $2: 1
-- $3: "123e4567-e89b-12d3-a456-426614174004"
-- $4: null
-- $5: true
with
  gone as (delete from notifications where id = $1 and merchant_id = $2 returning *, gen_random_uuid() as event_id),
  noted as (insert into deleted_notifications (id, merchant_id) select id, merchant_id from gone),
  dismissed as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select n.event_id, 'merchant-answers.events', 'dismissed', $3::uuid, now(), $4::text,
      jsonb_build_object(
        'v', 1, 'id', n.event_id, 'notification',
        jsonb_build_object(
          'id', n.id, 'correlationId', n.correlation_id, 'notification_type', n.notification_type, 'created_at',
          to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ) || jsonb_build_object('expires_at', to_char(n.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        'correlationId', n.correlation_id, 'dismissed_at',
        to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'merchant_id', n.merchant_id,
        'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
        'question', n.context
      )
    from gone n
      join conversations c on c.id = n.conversation_id
    where $5::boolean
      and n.status = 'requested'
      and (n.expires_at is null or n.expires_at > now())
  ),
  expired as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select n.event_id, 'merchant-answers.events', 'expired', $3::uuid, now(), $4::text,
      jsonb_build_object(
        'v', 1, 'id', n.event_id, 'notification',
        jsonb_build_object(
          'id', n.id, 'correlationId', n.correlation_id, 'notification_type', n.notification_type, 'created_at',
          to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ) || jsonb_build_object('expires_at', to_char(n.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        'correlationId', n.correlation_id, 'expired_at',
        to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'merchant_id', n.merchant_id,
        'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
        'question', n.context
      )
    from gone n
      join conversations c on c.id = n.conversation_id
    where $5::boolean
      and n.status = 'requested'
      and n.expires_at <= now()
  )
select id
from gone;
