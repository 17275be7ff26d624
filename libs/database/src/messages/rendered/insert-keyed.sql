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
  given as (
    select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::uuid[], $8::text[], $9::uuid[]) with ordinality as given (id, queue, job, company_id, body, lane, job_id, traceparent, key, seat)
  ), used as materialized (select used_ids (array(select id from given where key is not null)) as id),
  named as materialized (
    select g.*, case
        when u.id is null then g.id
        else gen_random_uuid()
      end as own_id, u.id is not null as renamed
    from given g
      left join used u using (id)
  ),
  keys as (
    insert into requests (id, body_hash, correlation_ids)
    select k.id, k.hash, case
        when array_agg(n.own_id) <> array[k.id] then array_agg(n.own_id order by n.seat)
      end
    from unnest($10::uuid[], $11::bytea[]) with ordinality as k (id, hash, seat)
      join named n on n.key = k.id
    group by k.id, k.hash, k.seat
    order by k.seat
    on conflict (id) do nothing
    returning id, created_at, correlation_ids
  ),
  written as (
    insert into outbox (id, queue, job, company_id, body, lane, job_id, traceparent, accepted_at, queued_at)
    select id, queue, job, company_id, body, lane, job_id, traceparent, now(), case
        when job_id is not null then now()
      end
    from (
        select own_id as id, queue, job, company_id, body, lane, case
            when not renamed then job_id
          end as job_id, traceparent
        from named
        where key is null
          or key in (select id from keys)
        order by seat
      ) m
  )
select id, created_at as "since", correlation_ids as "correlationIds"
from keys;
