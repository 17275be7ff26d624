-- $1: []
-- $2: []
-- $3: []
-- $4: []
-- $5: []
select g.id
from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[]) as g (id, company_id, body, queued_at, started_at),
  jsonb_to_record(g.body -> 'message') as m (title text, body text, "authorLogin" text, "recipientLogin" text, question text)
where exists (
    select from feed_messages f
    where f.id = g.id
      and f.company_id = g.company_id
      and f.title = m.title
      and f.body = m.body
      and f.author_login = m."authorLogin"
      and f.recipient_login = m."recipientLogin"
      and f.question is not distinct from m.question
      and f.metadata = coalesce(nullif(g.body -> 'metadata', 'null'), '{}')
  )
  or exists (select from outbox o where o.id = g.id and o.company_id = g.company_id and o.body = g.body);
