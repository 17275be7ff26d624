-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "dmurta"
with
  unread as (
    select id
    from feed_messages
    where company_id = $1
      and recipient_login = $2
      and status = 'unread'
    order by created_at, id
    for update
  )
update feed_messages f
set status = 'read', read_at = coalesce(read_at, now())
from unread
where f.id = unread.id
returning f.id;
