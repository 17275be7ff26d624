-- $1: "delivery"
-- $2: ["2025-03-05T10:30:00.000Z"]
-- $3: ["123e4567-e89b-12d3-a456-426614174004"]
select id, alone, lane, traceparent
from outbox
where queue = $1
  and job_id is not null
  and queued_at = any ($2::timestamptz[])
  and job_id = any ($3::uuid[])
order by accepted_at, id
for update
  skip locked;
