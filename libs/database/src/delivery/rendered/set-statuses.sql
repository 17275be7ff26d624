-- $1: ["123e4567-e89b-12d3-a456-426614174000"]
-- $2: "123e4567-e89b-12d3-a456-426614174001"
-- $3: "dmurta"
-- $4: "read"
with
  received as (
    select id
    from feed_messages
    where id = any ($1::uuid[])
      and company_id = $2
      and recipient_login = $3
    order by created_at, id
    for update
  )
update feed_messages
set status = $4, read_at = case $4
    when 'unread' then null
    when 'read' then coalesce(read_at, now())
    else read_at
  end
where id = any (array(select id from received))
returning id, status, read_at as "readAt", coalesce(seen_at, read_at) as "seenAt", author_login as "authorLogin";
