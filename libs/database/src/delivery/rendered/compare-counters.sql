with
  kept as (
    select company_id, login, tab, sum(unread) as unread, sum(unseen) as unseen
    from feed_counters
    group by company_id, login, tab
    having sum(unread) <> 0
      or sum(unseen) <> 0
  ),
  counted as (
    select company_id, recipient_login, tab, count(*)::numeric, (count(*) filter (where seen_at is null))::numeric
    from feed_messages
    where status = 'unread'
    group by company_id, recipient_login, tab
  )
select distinct company_id, login, tab
from ((table kept except table counted) union (table counted except table kept)) differing
limit 100;
