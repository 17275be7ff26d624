-- $1: "123e4567-e89b-12d3-a456-426614174000"
with
  twin as (
    select g.id
    from outbox g,
      jsonb_to_record(g.body -> 'message') as m (title text, body text, "authorLogin" text, "recipientLogin" text, question text),
      feed_messages f
    where g.id = $1
      and f.id = g.id
      and f.company_id = g.company_id
      and f.title = m.title
      and f.body = m.body
      and f.author_login = m."authorLogin"
      and f.recipient_login = m."recipientLogin"
      and f.question is not distinct from m.question
      and f.metadata = coalesce(nullif(g.body -> 'metadata', 'null'), '{}')
  )
delete from outbox o using twin
where o.id = twin.id
returning o.id;
