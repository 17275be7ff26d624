-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "company"
-- $3: ""
-- $4: "hour"
-- $5: "2025-01-17T00:00:00.000Z"
-- $6: "2025-01-17T10:00:00.000Z"
-- $7: "123e4567-e89b-12d3-a456-426614174001"
-- $8: "2025-01-17T10:00:00.000Z"
-- $9: "2025-01-17T10:20:00.000Z"
-- $10: "123e4567-e89b-12d3-a456-426614174001"
-- $11: "company"
-- $12: ""
-- $13: "day"
-- $14: "2025-01-17T00:00:00.000Z"
-- $15: "2025-03-06T00:00:00.000Z"
-- $16: "123e4567-e89b-12d3-a456-426614174001"
-- $17: "2025-03-05T16:45:00.001Z"
-- $18: "2025-03-05T17:00:00.000Z"
-- $19: "123e4567-e89b-12d3-a456-426614174001"
-- $20: "company"
-- $21: ""
-- $22: "hour"
-- $23: "2025-03-05T17:00:00.000Z"
-- $24: "2025-03-06T00:00:00.000Z"
select notification_type, sum(unread_low)::float8 as unread_low, sum(unread_medium)::float8 as unread_medium,
  sum(unread_high)::float8 as unread_high, sum(unread_urgent)::float8 as unread_urgent,
  sum(read_low)::float8 as read_low, sum(read_medium)::float8 as read_medium, sum(read_high)::float8 as read_high,
  sum(read_urgent)::float8 as read_urgent, sum(archived_low)::float8 as archived_low,
  sum(archived_medium)::float8 as archived_medium, sum(archived_high)::float8 as archived_high,
  sum(archived_urgent)::float8 as archived_urgent
from (
    select notification_type, - unread_low as unread_low, - unread_medium as unread_medium,
      - unread_high as unread_high, - unread_urgent as unread_urgent, - read_low as read_low,
      - read_medium as read_medium, - read_high as read_high, - read_urgent as read_urgent,
      - archived_low as archived_low, - archived_medium as archived_medium, - archived_high as archived_high,
      - archived_urgent as archived_urgent
    from agent_action_counters
    where company_id = $1
      and scope = $2
      and scope_id = $3
      and grain = $4
      and starts_at >= $5
      and starts_at < $6
    union all
    select notification_type, coalesce(sum(-1) filter (where status = 'unread' and priority = 'low'), 0) as unread_low,
      coalesce(sum(-1) filter (where status = 'unread' and priority = 'medium'), 0) as unread_medium,
      coalesce(sum(-1) filter (where status = 'unread' and priority = 'high'), 0) as unread_high,
      coalesce(sum(-1) filter (where status = 'unread' and priority = 'urgent'), 0) as unread_urgent,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'low'), 0) as read_low,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'medium'), 0) as read_medium,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'high'), 0) as read_high,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'urgent'), 0) as read_urgent,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'low'), 0) as archived_low,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'medium'), 0) as archived_medium,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'high'), 0) as archived_high,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'urgent'), 0) as archived_urgent
    from agent_actions n
    where n.company_id = $7
      and n.created_at >= $8
      and n.created_at < $9
    group by notification_type
    union all
    select notification_type, unread_low, unread_medium, unread_high, unread_urgent, read_low, read_medium, read_high,
      read_urgent, archived_low, archived_medium, archived_high, archived_urgent
    from agent_action_counters
    where company_id = $10
      and scope = $11
      and scope_id = $12
      and grain = $13
      and starts_at >= $14
      and starts_at < $15
    union all
    select notification_type, coalesce(sum(-1) filter (where status = 'unread' and priority = 'low'), 0) as unread_low,
      coalesce(sum(-1) filter (where status = 'unread' and priority = 'medium'), 0) as unread_medium,
      coalesce(sum(-1) filter (where status = 'unread' and priority = 'high'), 0) as unread_high,
      coalesce(sum(-1) filter (where status = 'unread' and priority = 'urgent'), 0) as unread_urgent,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'low'), 0) as read_low,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'medium'), 0) as read_medium,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'high'), 0) as read_high,
      coalesce(sum(-1) filter (where status = 'read' and priority = 'urgent'), 0) as read_urgent,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'low'), 0) as archived_low,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'medium'), 0) as archived_medium,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'high'), 0) as archived_high,
      coalesce(sum(-1) filter (where status = 'archived' and priority = 'urgent'), 0) as archived_urgent
    from agent_actions n
    where n.company_id = $16
      and n.created_at >= $17
      and n.created_at < $18
    group by notification_type
    union all
    select notification_type, - unread_low as unread_low, - unread_medium as unread_medium,
      - unread_high as unread_high, - unread_urgent as unread_urgent, - read_low as read_low,
      - read_medium as read_medium, - read_high as read_high, - read_urgent as read_urgent,
      - archived_low as archived_low, - archived_medium as archived_medium, - archived_high as archived_high,
      - archived_urgent as archived_urgent
    from agent_action_counters
    where company_id = $19
      and scope = $20
      and scope_id = $21
      and grain = $22
      and starts_at >= $23
      and starts_at < $24
  ) parts
group by notification_type;
