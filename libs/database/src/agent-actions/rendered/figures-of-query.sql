-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174000"
select notification_type, sum(unread_low)::float8 as unread_low, sum(unread_medium)::float8 as unread_medium,
  sum(unread_high)::float8 as unread_high, sum(unread_urgent)::float8 as unread_urgent,
  sum(read_low)::float8 as read_low, sum(read_medium)::float8 as read_medium, sum(read_high)::float8 as read_high,
  sum(read_urgent)::float8 as read_urgent, sum(archived_low)::float8 as archived_low,
  sum(archived_medium)::float8 as archived_medium, sum(archived_high)::float8 as archived_high,
  sum(archived_urgent)::float8 as archived_urgent
from (
    select notification_type, coalesce(sum(1) filter (where status = 'unread' and priority = 'low'), 0) as unread_low,
      coalesce(sum(1) filter (where status = 'unread' and priority = 'medium'), 0) as unread_medium,
      coalesce(sum(1) filter (where status = 'unread' and priority = 'high'), 0) as unread_high,
      coalesce(sum(1) filter (where status = 'unread' and priority = 'urgent'), 0) as unread_urgent,
      coalesce(sum(1) filter (where status = 'read' and priority = 'low'), 0) as read_low,
      coalesce(sum(1) filter (where status = 'read' and priority = 'medium'), 0) as read_medium,
      coalesce(sum(1) filter (where status = 'read' and priority = 'high'), 0) as read_high,
      coalesce(sum(1) filter (where status = 'read' and priority = 'urgent'), 0) as read_urgent,
      coalesce(sum(1) filter (where status = 'archived' and priority = 'low'), 0) as archived_low,
      coalesce(sum(1) filter (where status = 'archived' and priority = 'medium'), 0) as archived_medium,
      coalesce(sum(1) filter (where status = 'archived' and priority = 'high'), 0) as archived_high,
      coalesce(sum(1) filter (where status = 'archived' and priority = 'urgent'), 0) as archived_urgent
    from agent_actions n
    where n.company_id = $1
      and n.query_id = $2
    group by notification_type
  ) parts
group by notification_type;
