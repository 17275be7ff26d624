-- $1: ["123e4567-e89b-12d3-a456-426614174004"]
-- $2: ["delivery"]
-- $3: ["deliver"]
-- $4: ["123e4567-e89b-12d3-a456-426614174001"]
-- $5: ["{}"]
-- $6: [1]
-- $7: [null]
-- $8: [null]
-- $9: ["123e4567-e89b-12d3-a456-426614174004"]
-- $10: ["123e4567-e89b-12d3-a456-426614174004"]
-- $11: [{"type":"Buffer","data":[104,97,115,104]}]
with
  keys as (
    insert into requests (id, body_hash)
    select *
    from unnest($10::uuid[], $11::bytea[])
    on conflict (id) do nothing
    returning id
  ),
  given as (
    select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::uuid[], $8::text[], $9::uuid[]) as given (id, queue, job, company_id, body, lane, job_id, traceparent, key)
  ),
  written as (
    insert into outbox (id, queue, job, company_id, body, lane, job_id, traceparent, accepted_at, queued_at)
    select id, queue, job, company_id, body, lane, job_id, traceparent, now(), case
        when job_id is not null then now()
      end
    from given
    where key is null
      or key in (select id from keys)
  )
select id
from keys;
