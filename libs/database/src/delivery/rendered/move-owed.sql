-- $1: []
-- $2: "2025-03-05T10:30:00.000Z"
-- $3: "2025-03-05T10:31:00.000Z"
with
  taken as (delete from outbox where id = any ($1::uuid[]) and queue = 'delivery' returning *)
insert into feed_messages (
    id, company_id, title, body, author_login, recipient_login, question, metadata, created_at, accepted_at, queued_at,
    started_at, history
  )
select t.id, t.company_id, m.title, m.body, m."authorLogin", m."recipientLogin", m.question,
  coalesce(nullif(t.body -> 'metadata', 'null'), '{}'), t.accepted_at, t.accepted_at, $2, $3, t.history
from taken t,
  jsonb_to_record(t.body -> 'message') as m (title text, body text, "authorLogin" text, "recipientLogin" text, question text)
returning accepted_at, company_id, recipient_login, author_login;
