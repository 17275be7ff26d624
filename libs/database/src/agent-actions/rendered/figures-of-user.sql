-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "2025-01-17T00:00:00.000Z"
-- $4: "2025-01-17T10:20:00.000Z"
-- $5: "123e4567-e89b-12d3-a456-426614174001"
-- $6: "user"
-- $7: "123e4567-e89b-12d3-a456-426614174004"
-- $8: "day"
-- $9: "2025-01-17T00:00:00.000Z"
-- $10: "2025-03-06T00:00:00.000Z"
-- $11: "123e4567-e89b-12d3-a456-426614174001"
-- $12: "123e4567-e89b-12d3-a456-426614174004"
-- $13: "2025-03-05T16:45:00.001Z"
-- $14: "2025-03-06T00:00:00.000Z"
select notification_type, sum(unread_low)::float8 as unread_low, sum(unread_medium)::float8 as unread_medium,
  sum(unread_high)::float8 as unread_high, sum(unread_urgent)::float8 as unread_urgent,
  sum(read_low)::float8 as read_low, sum(read_medium)::float8 as read_medium, sum(read_high)::float8 as read_high,
  sum(read_urgent)::float8 as read_urgent, sum(archived_low)::float8 as archived_low,
  sum(archived_medium)::float8 as archived_medium, sum(archived_high)::float8 as archived_high,
  sum(archived_urgent)::float8 as archived_urgent
from (
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
    from agent_action_recipients r
    where r.company_id = $1
      and r.user_id = $2
      and r.created_at >= $3
      and r.created_at < $4
    group by notification_type
    union all
    select notification_type, unread_low, unread_medium, unread_high, unread_urgent, read_low, read_medium, read_high,
      read_urgent, archived_low, archived_medium, archived_high, archived_urgent
    from agent_action_counters
    where company_id = $5
      and scope = $6
      and scope_id = $7
      and grain = $8
      and starts_at >= $9
      and starts_at < $10
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
    from agent_action_recipients r
    where r.company_id = $11
      and r.user_id = $12
      and r.created_at >= $13
      and r.created_at < $14
    group by notification_type
  ) parts
group by notification_type;
