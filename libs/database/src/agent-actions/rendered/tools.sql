-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "2025-01-17T10:20:00.000Z"
-- $3: "2025-01-17T11:00:00.000Z"
-- $4: "123e4567-e89b-12d3-a456-426614174001"
-- $5: "hour"
-- $6: "2025-01-17T11:00:00.000Z"
-- $7: "2025-01-18T00:00:00.000Z"
-- $8: "123e4567-e89b-12d3-a456-426614174001"
-- $9: "day"
-- $10: "2025-01-18T00:00:00.000Z"
-- $11: "2025-03-05T00:00:00.000Z"
-- $12: "123e4567-e89b-12d3-a456-426614174001"
-- $13: "hour"
-- $14: "2025-03-05T00:00:00.000Z"
-- $15: "2025-03-05T16:00:00.000Z"
-- $16: "123e4567-e89b-12d3-a456-426614174001"
-- $17: "2025-03-05T16:00:00.000Z"
-- $18: "2025-03-05T16:45:00.001Z"
-- $19: "123e4567-e89b-12d3-a456-426614174001"
-- $20: "123e4567-e89b-12d3-a456-426614174001"
-- $21: "2025-01-17T11:00:00.000Z"
-- $22: "2025-03-05T16:00:00.000Z"
-- $23: 150001
-- $24: 50
with
  looked as materialized (
    select *
    from (
        select n.created_at as at, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool,
          n.notification_type, (n.priority = 'low')::int as low, (n.priority = 'medium')::int as medium,
          (n.priority = 'high')::int as high, (n.priority = 'urgent')::int as urgent,
          jsonb_strip_nulls(
            jsonb_build_object(
              coalesce(time_bucket_of (n.metadata), 0), case
                when time_bucket_of (n.metadata) is not null then 1
              end
            )
          ) as times, n.created_at as last_at
        from agent_actions n
        where n.company_id = $1
          and n.created_at >= $2
          and n.created_at < $3
        union all
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent, times, last_at
        from agent_action_uses
        where company_id = $4
          and grain = $5
          and starts_at >= $6
          and starts_at < $7
        union all
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent, times, last_at
        from agent_action_uses
        where company_id = $8
          and grain = $9
          and starts_at >= $10
          and starts_at < $11
        union all
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent, times, last_at
        from agent_action_uses
        where company_id = $12
          and grain = $13
          and starts_at >= $14
          and starts_at < $15
        union all
        select n.created_at as at, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool,
          n.notification_type, (n.priority = 'low')::int as low, (n.priority = 'medium')::int as medium,
          (n.priority = 'high')::int as high, (n.priority = 'urgent')::int as urgent,
          jsonb_strip_nulls(
            jsonb_build_object(
              coalesce(time_bucket_of (n.metadata), 0), case
                when time_bucket_of (n.metadata) is not null then 1
              end
            )
          ) as times, n.created_at as last_at
        from agent_actions n
        where n.company_id = $16
          and n.created_at >= $17
          and n.created_at < $18
        union all
        select n.created_at as at, coalesce(n.agent_id, '') as agent_id, tool_of (n.metadata) as tool,
          n.notification_type, (n.priority = 'low')::int as low, (n.priority = 'medium')::int as medium,
          (n.priority = 'high')::int as high, (n.priority = 'urgent')::int as urgent,
          jsonb_strip_nulls(
            jsonb_build_object(
              coalesce(time_bucket_of (n.metadata), 0), case
                when time_bucket_of (n.metadata) is not null then 1
              end
            )
          ) as times, n.created_at as last_at
        from agent_action_uncounted u, unnest(u.ids) as listed (id), agent_actions n
        where u.company_id = $19
          and n.id = listed.id
          and n.company_id = $20
          and n.created_at >= $21
          and n.created_at < $22
      ) uses
    limit $23
  ),
  named as (
    select tool as key, sum(low)::float8 as low, sum(medium)::float8 as medium, sum(high)::float8 as high,
      sum(urgent)::float8 as urgent, max(last_at) as last_at
    from looked
    group by tool
  ), foremost as (select * from named order by low + medium + high + urgent desc, key collate "C" limit $24),
  timed as (
    select key, jsonb_object_agg(bucket, n) as times
    from (
        select tool as key, t.key as bucket, sum(t.value::bigint) as n
        from looked, jsonb_each_text(times) t
        where tool in (select key from foremost)
        group by 1, 2
      ) b
    group by key
  )
select foremost.*, coalesce(times, '{}') as times, (select count(*)::int from looked) as looked_at,
  (select count(*)::int from named) as keys, (select sum(low + medium + high + urgent)::float8 from named) as counted
from foremost
  left join timed using (key)
order by low + medium + high + urgent desc, key collate "C";
