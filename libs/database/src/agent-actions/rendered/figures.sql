-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "company"
-- $3: ""
-- $4: "all"
select notification_type, sum(unread_low)::float8 as unread_low, sum(unread_medium)::float8 as unread_medium,
  sum(unread_high)::float8 as unread_high, sum(unread_urgent)::float8 as unread_urgent,
  sum(read_low)::float8 as read_low, sum(read_medium)::float8 as read_medium, sum(read_high)::float8 as read_high,
  sum(read_urgent)::float8 as read_urgent, sum(archived_low)::float8 as archived_low,
  sum(archived_medium)::float8 as archived_medium, sum(archived_high)::float8 as archived_high,
  sum(archived_urgent)::float8 as archived_urgent
from (
    select notification_type, unread_low, unread_medium, unread_high, unread_urgent, read_low, read_medium, read_high,
      read_urgent, archived_low, archived_medium, archived_high, archived_urgent
    from agent_action_counters
    where company_id = $1
      and scope = $2
      and scope_id = $3
      and grain = $4
  ) parts
group by notification_type;
