-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "2025-01-17T10:20:00.000Z"
-- $4: "2025-03-05T16:45:00.001Z"
-- $5: 150001
-- $6: 10
with
  looked as materialized (
    select *
    from (
        select r.created_at as at, r.notification_type, (r.priority = 'low')::int as low,
          (r.priority = 'medium')::int as medium, (r.priority = 'high')::int as high,
          (r.priority = 'urgent')::int as urgent, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool
        from agent_action_recipients r
          join agent_actions n on n.id = r.notification_id
        where r.company_id = $1
          and r.user_id = $2
          and r.created_at >= $3
          and r.created_at < $4
      ) figures
    limit $5
  ),
  counted as (
    select date_trunc('day', at, 'UTC') as at, tool as key, sum(low + medium + high + urgent) as n
    from looked
    group by 1, 2
    having sum(low + medium + high + urgent) <> 0
  ), foremost as (select key from counted group by key order by sum(n) desc, key collate "C" limit $6)
select at, case
    when l.key is null then ''
    else c.key
  end as key, l.key is null as is_other, sum(n)::float8 as n, (select count(*)::int from looked) as looked_at
from counted c
  left join foremost l using (key)
group by 1, 2, 3;
