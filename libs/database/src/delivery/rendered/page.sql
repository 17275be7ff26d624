-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "dmurta"
-- $3: "all"
-- $4: null
-- $5: null
-- $6: 51
select *
from (
    (
      select id, tab, title, body, author_login as "authorLogin", recipient_login as "recipientLogin", question,
        metadata, status, read_at as "readAt", coalesce(seen_at, read_at) as "seenAt", created_at as "createdAt",
        delivered_at as "deliveredAt"
      from feed_messages
      where company_id = $1
        and recipient_login = $2
        and ($3 = 'all' or tab = $3)
        and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
      order by created_at desc, id desc
      limit $6
    )
    union all
    (
      select id, tab, title, body, author_login as "authorLogin", recipient_login as "recipientLogin", question,
        metadata, status, read_at as "readAt", coalesce(seen_at, read_at) as "seenAt", created_at as "createdAt",
        delivered_at as "deliveredAt"
      from feed_messages
      where company_id = $1
        and author_login = $2
        and recipient_login <> $2
        and ($3 = 'all' or tab = $3)
        and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
      order by created_at desc, id desc
      limit $6
    )
  ) mine
order by "createdAt" desc, id desc
limit $6;
