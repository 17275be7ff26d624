-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "all"
-- $3: "123e4567-e89b-12d3-a456-426614174001"
-- $4: "123e4567-e89b-12d3-a456-426614174001"
-- $5: 150001
-- $6: 50
with
  looked as materialized (
    select *
    from (
        select starts_at as at, agent_id, tool, notification_type, low, medium, high, urgent, times, last_at
        from agent_action_uses
        where company_id = $1
          and grain = $2
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
        where u.company_id = $3
          and n.id = listed.id
          and n.company_id = $4
      ) uses
    limit $5
  ),
  named as (
    select agent_id as key, sum(low)::float8 as low, sum(medium)::float8 as medium, sum(high)::float8 as high,
      sum(urgent)::float8 as urgent, max(last_at) as last_at
    from looked
    group by agent_id
  ), foremost as (select * from named order by low + medium + high + urgent desc, key collate "C" limit $6),
  timed as (
    select key, jsonb_object_agg(bucket, n) as times
    from (
        select agent_id as key, t.key as bucket, sum(t.value::bigint) as n
        from looked, jsonb_each_text(times) t
        where agent_id in (select key from foremost)
        group by 1, 2
      ) b
    group by key
  )
select foremost.*, coalesce(times, '{}') as times, (select count(*)::int from looked) as looked_at,
  (select count(*)::int from named) as keys, (select sum(low + medium + high + urgent)::float8 from named) as counted
from foremost
  left join timed using (key)
order by low + medium + high + urgent desc, key collate "C";
