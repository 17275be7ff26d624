-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "dmurta"
-- $3: "all"
-- $4: null
-- $5: null
-- $6: null
-- $7: null
-- $8: 2000
with
  slice as materialized (
    select id, created_at
    from (
        (
          select id, created_at
          from feed_messages
          where company_id = $1
            and recipient_login = $2
            and ($3 = 'all' or tab = $3)
            and status = 'unread'
            and seen_at is null
            and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
            and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
          order by created_at, id
          limit $8
        )
        union all
        (
          select id, created_at
          from feed_messages
          where company_id = $1
            and recipient_login = $2
            and ($3 = 'all' or tab = $3)
            and status = 'unread'
            and seen_at is not null
            and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
            and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
          order by created_at, id
          limit $8
        )
        union all
        (
          select id, created_at
          from feed_messages
          where company_id = $1
            and recipient_login = $2
            and ($3 = 'all' or tab = $3)
            and status = 'read'
            and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
            and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
          order by created_at, id
          limit $8
        )
      ) unmarked
    order by created_at, id
    limit $8
  ),
  locked as (
    select id
    from feed_messages
    where id = any (array(select id from slice))
      and (status = 'unread' and seen_at is null or status = 'unread' and seen_at is not null or status = 'read')
    order by created_at, id
    for update
  ),
  marked as (
    update feed_messages
    set status = 'archived'
    where id = any (array(select id from locked))
    returning author_login
  )
select (select count(*) from marked)::int as updated, array(select distinct author_login from marked) as authors,
  (select count(*) from slice)::int as looked, last.created_at as at, last.id
from (select) one
  left join lateral (select created_at, id from slice order by created_at desc, id desc limit 1) last on true;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "dmurta"
-- $3: "all"
-- $4: "2025-03-05T10:30:00.000Z"
-- $5: "123e4567-e89b-12d3-a456-426614174000"
-- $6: null
-- $7: null
-- $8: 1000000
select count(*)::int as left
from (
    select from (
        (
          select id, created_at
          from feed_messages
          where company_id = $1
            and recipient_login = $2
            and ($3 = 'all' or tab = $3)
            and status = 'unread'
            and seen_at is null
            and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
            and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
          order by created_at, id
          limit $8
        )
        union all
        (
          select id, created_at
          from feed_messages
          where company_id = $1
            and recipient_login = $2
            and ($3 = 'all' or tab = $3)
            and status = 'unread'
            and seen_at is not null
            and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
            and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
          order by created_at, id
          limit $8
        )
        union all
        (
          select id, created_at
          from feed_messages
          where company_id = $1
            and recipient_login = $2
            and ($3 = 'all' or tab = $3)
            and status = 'read'
            and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
            and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
          order by created_at, id
          limit $8
        )
      ) unmarked
    limit $8
  ) remaining;
