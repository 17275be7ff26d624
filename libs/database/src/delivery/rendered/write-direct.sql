-- $1: []
-- $2: []
-- $3: []
-- $4: []
-- $5: []
with
  placed as (
    insert into feed_messages (
        id, company_id, title, body, author_login, recipient_login, question, metadata, created_at, accepted_at,
        queued_at, started_at, history
      )
    select g.id, g.company_id, m.title, m.body, m."authorLogin", m."recipientLogin", m.question,
      coalesce(nullif(g.body -> 'metadata', 'null'), '{}'), g.queued_at, null, g.queued_at, g.started_at, '[]'
    from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[]) as g (id, company_id, body, queued_at, started_at),
      jsonb_to_record(g.body -> 'message') as m (title text, body text, "authorLogin" text, "recipientLogin" text, question text)
    where not exists (select from outbox o where o.id = g.id)
      and exists (select from companies c where c.id = g.company_id)
    on conflict (id) do nothing
    returning id, company_id, recipient_login, author_login
  ),
  cleared as (delete from dead_letters d using placed p where d.correlation_id = p.id and d.company_id = p.company_id)
select *
from placed;
