-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174000"
with
  actions as (
    select agent_id, tool_of (metadata) as tool_used
    from agent_actions n
    where n.company_id = $1
      and n.query_id = $2
    order by n.created_at, n.id
    limit 10000
  )
select (select count(*)::int from agent_actions n where n.company_id = $1 and n.query_id = $2) as total,
  (
    select n.created_at
    from agent_actions n
    where n.company_id = $1
      and n.query_id = $2
    order by n.created_at, n.id
    limit 1
  ) as first_at,
  (
    select n.created_at
    from agent_actions n
    where n.company_id = $1
      and n.query_id = $2
    order by n.created_at desc, n.id desc
    limit 1
  ) as last_at,
  (
    select coalesce(
        json_agg(json_build_object('agent_id', agent_id, 'count', n) order by n desc, agent_id collate "C"), '[]'
      )
    from (
        select agent_id, count(*)::int as n
        from actions
        where agent_id <> ''
        group by agent_id
        order by n desc, agent_id collate "C"
        limit 50
      ) named
  ) as agent_id,
  (
    select coalesce(
        json_agg(json_build_object('tool_used', tool_used, 'count', n) order by n desc, tool_used collate "C"), '[]'
      )
    from (
        select tool_used, count(*)::int as n
        from actions
        where tool_used <> ''
        group by tool_used
        order by n desc, tool_used collate "C"
        limit 50
      ) named
  ) as tool_used;
