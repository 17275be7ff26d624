-- $1: "1:1"
-- $2: "123e4567-e89b-12d3-a456-426614174000"
-- $3: "delivery"
-- $4: "deliver"
-- $5: "123e4567-e89b-12d3-a456-426614174001"
-- $6: ""
-- $7: "it failed"
-- $8: "2025-03-05T10:30:00.000Z"
-- $9: "[{\"step\":\"queued\",\"at\":\"2025-03-05T10:30:00.000Z\",\"direct\":true},{\"step\":\"attempt\",\"at\":\"2025-03-05T10:31:00.000Z\",\"attempt\":1,\"detail\":\"it failed\"}]"
with
  kept as (
    insert into dead_letters (job_key, correlation_id, queue, job, company_id, content, error, queued_at, history)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (queue, job_key)
    where job_key is not null do nothing
    returning id
  )
select id::text
from kept
union all
select id::text
from dead_letters
where queue = $3
  and job_key = $1;
