-- $1: null
-- $2: "delivery"
-- $3: null
-- $4: null
-- $5: null
-- $6: null
-- $7: "2025-01-17T10:20:00.000Z"
-- $8: null
-- $9: null
-- $10: 51
select id::text, queue, job, company_id as "companyId", correlation_id as "correlationId", error,
  given_up_at as "givenUpAt"
from dead_letters
where ($1::bigint[] is null or id = any ($1))
  and ($2::text is null or queue = $2)
  and ($3::text is null or job = $3)
  and ($4::uuid is null or company_id = $4)
  and ($5::uuid is null or correlation_id = $5)
  and ($6::text is null or position(lower($6) in lower(error)) > 0)
  and ($7::timestamptz is null or given_up_at >= $7)
  and ($8::timestamptz is null or given_up_at < $8)
  and ($9::bigint is null or id < $9)
order by dead_letters.id desc
limit $10;

-- $1: null
-- $2: "delivery"
-- $3: null
-- $4: null
-- $5: null
-- $6: null
-- $7: null
-- $8: null
select queue, job, error, count(*)::int as count, min(given_up_at) as oldest, max(given_up_at) as newest
from dead_letters
where ($1::bigint[] is null or id = any ($1))
  and ($2::text is null or queue = $2)
  and ($3::text is null or job = $3)
  and ($4::uuid is null or company_id = $4)
  and ($5::uuid is null or correlation_id = $5)
  and ($6::text is null or position(lower($6) in lower(error)) > 0)
  and ($7::timestamptz is null or given_up_at >= $7)
  and ($8::timestamptz is null or given_up_at < $8)
group by queue, job, error
order by count desc, newest desc
limit 100;
