-- $1: ["123e4567-e89b-12d3-a456-426614174000"]
-- $2: ["delivery"]
-- $3: ["deliver"]
-- $4: ["123e4567-e89b-12d3-a456-426614174001"]
-- $5: ["{}"]
-- $6: [1]
-- $7: [null]
-- $8: [null]
insert into outbox (id, queue, job, company_id, body, lane, job_id, traceparent, accepted_at, queued_at)
select id, queue, job, company_id, body, lane, job_id, traceparent, now(), case
    when job_id is not null then now()
  end
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::smallint[], $7::uuid[], $8::text[]) as given (id, queue, job, company_id, body, lane, job_id, traceparent);
