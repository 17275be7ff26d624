-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "2025-01-17T10:20:00.000Z"
-- $4: "2025-01-17T11:00:00.000Z"
-- $5: "123e4567-e89b-12d3-a456-426614174001"
-- $6: "hour"
-- $7: "2025-01-17T11:00:00.000Z"
-- $8: "2025-01-18T00:00:00.000Z"
-- $9: "123e4567-e89b-12d3-a456-426614174004"
-- $10: "123e4567-e89b-12d3-a456-426614174001"
-- $11: "day"
-- $12: "2025-01-18T00:00:00.000Z"
-- $13: "2025-03-05T00:00:00.000Z"
-- $14: "123e4567-e89b-12d3-a456-426614174004"
-- $15: "123e4567-e89b-12d3-a456-426614174001"
-- $16: "hour"
-- $17: "2025-03-05T00:00:00.000Z"
-- $18: "2025-03-05T16:00:00.000Z"
-- $19: "123e4567-e89b-12d3-a456-426614174004"
-- $20: "123e4567-e89b-12d3-a456-426614174001"
-- $21: "123e4567-e89b-12d3-a456-426614174004"
-- $22: "2025-03-05T16:00:00.000Z"
-- $23: "2025-03-05T16:45:00.001Z"
-- $24: "123e4567-e89b-12d3-a456-426614174001"
-- $25: "123e4567-e89b-12d3-a456-426614174001"
-- $26: "123e4567-e89b-12d3-a456-426614174004"
-- $27: "2025-01-17T11:00:00.000Z"
-- $28: "2025-03-05T16:00:00.000Z"
-- $29: 150001
-- $30: 10
with
  looked as materialized (
    select *
    from (
        select n.created_at as at, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool,
          n.notification_type, (n.priority = 'low')::int as low, (n.priority = 'medium')::int as medium,
          (n.priority = 'high')::int as high, (n.priority = 'urgent')::int as urgent
        from agent_actions n
        where n.company_id = $1
          and n.agent_id = $2
          and n.created_at >= $3
          and n.created_at < $4
        union all
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent
        from agent_action_uses
        where company_id = $5
          and grain = $6
          and starts_at >= $7
          and starts_at < $8
          and agent_id = $9
        union all
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent
        from agent_action_uses
        where company_id = $10
          and grain = $11
          and starts_at >= $12
          and starts_at < $13
          and agent_id = $14
        union all
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent
        from agent_action_uses
        where company_id = $15
          and grain = $16
          and starts_at >= $17
          and starts_at < $18
          and agent_id = $19
        union all
        select n.created_at as at, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool,
          n.notification_type, (n.priority = 'low')::int as low, (n.priority = 'medium')::int as medium,
          (n.priority = 'high')::int as high, (n.priority = 'urgent')::int as urgent
        from agent_actions n
        where n.company_id = $20
          and n.agent_id = $21
          and n.created_at >= $22
          and n.created_at < $23
        union all
        select n.created_at as at, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool,
          n.notification_type, (n.priority = 'low')::int as low, (n.priority = 'medium')::int as medium,
          (n.priority = 'high')::int as high, (n.priority = 'urgent')::int as urgent
        from agent_action_uncounted u, unnest(u.ids) as listed (id), agent_actions n
        where u.company_id = $24
          and n.id = listed.id
          and n.company_id = $25
          and n.agent_id = $26
          and n.created_at >= $27
          and n.created_at < $28
      ) figures
    limit $29
  ),
  counted as (
    select date_trunc('day', at, 'UTC') as at, tool as key, sum(low + medium + high + urgent) as n
    from looked
    group by 1, 2
    having sum(low + medium + high + urgent) <> 0
  ), foremost as (select key from counted group by key order by sum(n) desc, key collate "C" limit $30)
select at, case
    when l.key is null then ''
    else c.key
  end as key, l.key is null as is_other, sum(n)::float8 as n, (select count(*)::int from looked) as looked_at
from counted c
  left join foremost l using (key)
group by 1, 2, 3;
