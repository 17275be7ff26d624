select coalesce(
    (
      select expires_at
      from notifications
      where status = 'requested'
        and expires_at is not null
      order by expires_at
      limit 1
    ) <= now(), false
  ) as ended,
  coalesce(
    (
      select remind_at
      from notifications
      where status = 'requested'
        and remind_at is not null
      order by remind_at
      limit 1
    ) <= now(), false
  ) as reminders;

-- $1: 500
select id, merchant_id
from notifications
where status = 'requested'
  and expires_at <= now()
order by expires_at
limit $1
for update
  skip locked;

-- $1: []
-- $2: "{}"
-- $3: true
with
  marked as (
    update notifications
    set status = 'expired', updated_at = now()
    where id = any ($1::bigint[])
    returning *, gen_random_uuid() as event_id
  ),
  event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select n.event_id, 'merchant-answers.events', 'expired', ($2::jsonb ->> n.merchant_id::text)::uuid, now(), null,
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
    from marked n
      join conversations c on c.id = n.conversation_id
    where $3::boolean
  )
select merchant_id::float8 as "merchantId", extract(epoch from clock_timestamp() - expires_at)::float8 as "sinceEnd"
from marked;

-- $1: 500
select id, merchant_id
from notifications
where status = 'requested'
  and remind_at <= now()
  and expires_at > now()
order by remind_at
limit $1
for update
  skip locked;

-- $1: []
-- $2: "{}"
-- $3: true
with
  marked as (
    update notifications
    set remind_at = null
    where id = any ($1::bigint[])
    returning *, gen_random_uuid() as event_id
  ),
  event as (
    insert into outbox (id, queue, job, company_id, accepted_at, traceparent, body)
    select n.event_id, 'merchant-answers.events', 'reminded', ($2::jsonb ->> n.merchant_id::text)::uuid, now(), null,
      jsonb_build_object(
        'v', 1, 'id', n.event_id, 'notification',
        jsonb_build_object(
          'id', n.id, 'correlationId', n.correlation_id, 'notification_type', n.notification_type, 'created_at',
          to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ) || jsonb_build_object('expires_at', to_char(n.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        'correlationId', n.correlation_id, 'reminded_at',
        to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'merchant_id', n.merchant_id,
        'conversation', jsonb_build_object('id', c.id, 'lead_phone', c.lead_phone, 'lead_name', c.lead_name),
        'question', n.context
      )
    from marked n
      join conversations c on c.id = n.conversation_id
    where $3::boolean
  )
select merchant_id::float8 as "merchantId", extract(epoch from clock_timestamp() - expires_at)::float8 as "sinceEnd"
from marked;
