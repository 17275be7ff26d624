with
  counted as (
    select u.*
    from agent_actions a, agent_action_uses_progress p, lateral uses_of (array[a], 1) u
    where (a.listed or a.id <= p.counted_to)
      and not exists (select from agent_action_uncounted n where n.company_id = a.company_id and a.id = any (n.ids))
  ),
  timed as (
    select company_id, grain, starts_at, agent_id, tool, notification_type, jsonb_object_agg(bucket, n) as times
    from (
        select company_id, grain, starts_at, agent_id, tool, notification_type, t.key as bucket,
          sum(t.value::bigint) as n
        from counted, jsonb_each_text(times) t
        group by company_id, grain, starts_at, agent_id, tool, notification_type, t.key
      ) b
    group by company_id, grain, starts_at, agent_id, tool, notification_type
  ),
  recount as (
    select company_id, grain, starts_at, agent_id, tool, notification_type, sum(low)::bigint as low,
      sum(medium)::bigint as medium, sum(high)::bigint as high, sum(urgent)::bigint as urgent,
      coalesce(t.times, '{}') as times, max(last_at) as last_at
    from counted c
      left join timed t using (company_id, grain, starts_at, agent_id, tool, notification_type)
    group by company_id, grain, starts_at, agent_id, tool, notification_type, t.times
  ),
  kept as (
    select company_id, grain, starts_at, agent_id, tool, notification_type, low, medium, high, urgent, times, last_at
    from agent_action_uses
  )
select distinct company_id, grain, starts_at, agent_id, tool, notification_type
from ((table kept except table recount) union (table recount except table kept)) differing
limit 100;
