-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "2025-01-17T10:20:00.000Z"
-- $3: "2025-01-17T11:00:00.000Z"
-- $4: "123e4567-e89b-12d3-a456-426614174001"
-- $5: "company"
-- $6: ""
-- $7: "hour"
-- $8: "2025-01-17T11:00:00.000Z"
-- $9: "2025-01-18T00:00:00.000Z"
-- $10: "123e4567-e89b-12d3-a456-426614174001"
-- $11: "company"
-- $12: ""
-- $13: "day"
-- $14: "2025-01-18T00:00:00.000Z"
-- $15: "2025-03-05T00:00:00.000Z"
-- $16: "123e4567-e89b-12d3-a456-426614174001"
-- $17: "company"
-- $18: ""
-- $19: "hour"
-- $20: "2025-03-05T00:00:00.000Z"
-- $21: "2025-03-05T16:00:00.000Z"
-- $22: "123e4567-e89b-12d3-a456-426614174001"
-- $23: "2025-03-05T16:00:00.000Z"
-- $24: "2025-03-05T16:45:00.001Z"
-- $25: 150001
-- $26: 10
with
  looked as materialized (
    select *
    from (
        select n.created_at as at, n.notification_type, (n.priority = 'low')::int as low,
          (n.priority = 'medium')::int as medium, (n.priority = 'high')::int as high,
          (n.priority = 'urgent')::int as urgent
        from agent_actions n
        where n.company_id = $1
          and n.created_at >= $2
          and n.created_at < $3
        union all
        select starts_at as at, notification_type, unread_low + read_low + archived_low as low,
          unread_medium + read_medium + archived_medium as medium, unread_high + read_high + archived_high as high,
          unread_urgent + read_urgent + archived_urgent as urgent
        from agent_action_counters
        where company_id = $4
          and scope = $5
          and scope_id = $6
          and grain = $7
          and starts_at >= $8
          and starts_at < $9
        union all
        select starts_at as at, notification_type, unread_low + read_low + archived_low as low,
          unread_medium + read_medium + archived_medium as medium, unread_high + read_high + archived_high as high,
          unread_urgent + read_urgent + archived_urgent as urgent
        from agent_action_counters
        where company_id = $10
          and scope = $11
          and scope_id = $12
          and grain = $13
          and starts_at >= $14
          and starts_at < $15
        union all
        select starts_at as at, notification_type, unread_low + read_low + archived_low as low,
          unread_medium + read_medium + archived_medium as medium, unread_high + read_high + archived_high as high,
          unread_urgent + read_urgent + archived_urgent as urgent
        from agent_action_counters
        where company_id = $16
          and scope = $17
          and scope_id = $18
          and grain = $19
          and starts_at >= $20
          and starts_at < $21
        union all
        select n.created_at as at, n.notification_type, (n.priority = 'low')::int as low,
          (n.priority = 'medium')::int as medium, (n.priority = 'high')::int as high,
          (n.priority = 'urgent')::int as urgent
        from agent_actions n
        where n.company_id = $22
          and n.created_at >= $23
          and n.created_at < $24
      ) figures
    limit $25
  ),
  counted as (
    select date_trunc('day', at, 'UTC') as at, notification_type as key, sum(low + medium + high + urgent) as n
    from looked
    group by 1, 2
    having sum(low + medium + high + urgent) <> 0
  ), foremost as (select key from counted group by key order by sum(n) desc, key collate "C" limit $26)
select at, case
    when l.key is null then ''
    else c.key
  end as key, l.key is null as is_other, sum(n)::float8 as n, (select count(*)::int from looked) as looked_at
from counted c
  left join foremost l using (key)
group by 1, 2, 3;
