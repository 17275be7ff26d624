-- $1: "123e4567-e89b-12d3-a456-426614174000"
-- $2: "123e4567-e89b-12d3-a456-426614174001"
-- $3: "dmurta"
-- $4: "read"
update feed_messages
set status = $4, read_at = case $4
    when 'unread' then null
    when 'read' then coalesce(read_at, now())
    else read_at
  end
where id = $1
  and company_id = $2
  and recipient_login = $3
returning id, tab, title, body, author_login as "authorLogin", recipient_login as "recipientLogin", question, metadata,
  status, read_at as "readAt", coalesce(seen_at, read_at) as "seenAt", created_at as "createdAt",
  delivered_at as "deliveredAt";
