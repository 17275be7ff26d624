select pg_advisory_xact_lock(hashtext ('herald.dead-letters'));

-- $1: ["1"]
select id::text, job_key, correlation_id, company_id, queue, job, content
from dead_letters
where id = any ($1::bigint[])
order by dead_letters.id;

-- $1: []
select id, queue, job, company_id, body
from outbox
where id = any ($1::uuid[]);

-- $1: []
select queue, correlation_id as id, company_id
from message_places
where correlation_id = any ($1::uuid[])
  and state = 'delivered';

-- $1: []
select id
from requests
where id = any ($1::uuid[]);

-- $1: []
-- $2: []
-- $3: []
-- $4: []
with
  message as (
    select *
    from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::jsonb[]) as m (letter, id, company_id, body)
  ),
  taken as (
    delete from dead_letters d using message m
    where d.id = m.letter
    returning m.letter, m.id, m.company_id, m.body, d.queue, d.job, d.job_key, d.accepted_at, d.queued_at,
      d.given_up_at, d.error, d.history
  ),
  back as (
    insert into outbox (id, queue, job, company_id, body, accepted_at, alone, history)
    select id, queue, job, company_id, body, coalesce(accepted_at, queued_at, given_up_at),
      history @> '[{"alone": true}]', case
        when job_key is not null then jsonb_build_array(
          jsonb_build_object('step', 'queued', 'at', to_char(queued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'direct', true)
        )
        else '[]'
      end || (
        select coalesce(jsonb_agg(past.step - 'alone' order by past.n), '[]')
        from jsonb_array_elements(history) with ordinality as past (step, n)
      ) || jsonb_build_array(jsonb_build_object('step', 'queued', 'at', to_char(queued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) || jsonb_build_array(
        jsonb_build_object('step', 'given_up', 'at', to_char(given_up_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'detail', error)
      ) || jsonb_build_array(jsonb_build_object('step', 'replayed', 'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
    from taken
  )
select letter::text
from taken;

-- $1: []
delete from dead_letters
where id = any ($1::bigint[]);
