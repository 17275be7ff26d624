-- $1: "merchant-answers.answered"
-- $2: ["123e4567-e89b-12d3-a456-426614174000"]
-- $3: ["123e4567-e89b-12d3-a456-426614174004"]
delete from outbox
where queue = $1
  and id = any ($2::uuid[])
  and job_id = any ($3::uuid[]);

-- $1: "merchant-answers.answered"
-- $2: ["123e4567-e89b-12d3-a456-426614174000"]
-- $3: ["123e4567-e89b-12d3-a456-426614174004"]
with
  given_up as (delete from outbox where queue = $1 and id = any ($2::uuid[]) and job_id = any ($3::uuid[]) returning *)
insert into dead_letters (correlation_id, queue, job, company_id, content, error, accepted_at, queued_at, history)
select id, queue, job, company_id, body::text, 'its consumer failed it for good', accepted_at, queued_at, history
from given_up;

-- $1: "merchant-answers.answered"
-- $2: ["123e4567-e89b-12d3-a456-426614174000"]
-- $3: ["123e4567-e89b-12d3-a456-426614174004"]
update outbox
set job_id = null, queued_at = null
where queue = $1
  and id = any ($2::uuid[])
  and job_id = any ($3::uuid[]);
