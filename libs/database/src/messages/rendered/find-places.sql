-- $1: ["123e4567-e89b-12d3-a456-426614174000"]
-- $2: "123e4567-e89b-12d3-a456-426614174001"
select *
from (
    select *
    from message_places
    where correlation_id = any ($1::uuid[])
      and ($2::uuid is null or company_id = $2)
    union all
    select *
    from command_places ($1::uuid[])
    where company_id = $2
  ) places
order by state = 'given_up', ended_at desc;

-- $1: ["123e4567-e89b-12d3-a456-426614174000"]
-- $2: null
select *
from (
    select *
    from message_places
    where correlation_id = any ($1::uuid[])
      and ($2::uuid is null or company_id = $2)
    union all
    select id, company_id, queue, 'delivered', null, queued_at, started_at, created_at, '[]', null, null
    from requests
    where id = any ($1::uuid[])
      and queue is not null
  ) places
order by state = 'given_up', ended_at desc;
