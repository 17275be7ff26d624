-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "2025-03-05T16:45:00.001Z"
-- $3: "2025-03-05T17:00:00.000Z"
-- $4: "123e4567-e89b-12d3-a456-426614174001"
-- $5: "company"
-- $6: ""
-- $7: "hour"
-- $8: "2025-03-05T17:00:00.000Z"
-- $9: "2025-03-06T00:00:00.000Z"
-- $10: "123e4567-e89b-12d3-a456-426614174001"
-- $11: "company"
-- $12: ""
-- $13: "day"
-- $14: "2025-03-06T00:00:00.000Z"
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
      and n.created_at >= $2
      and n.created_at < $3
    group by notification_type
    union all
    select notification_type, unread_low, unread_medium, unread_high, unread_urgent, read_low, read_medium, read_high,
      read_urgent, archived_low, archived_medium, archived_high, archived_urgent
    from agent_action_counters
    where company_id = $4
      and scope = $5
      and scope_id = $6
      and grain = $7
      and starts_at >= $8
      and starts_at < $9
    union all
    select notification_type, unread_low, unread_medium, unread_high, unread_urgent, read_low, read_medium, read_high,
      read_urgent, archived_low, archived_medium, archived_high, archived_urgent
    from agent_action_counters
    where company_id = $10
      and scope = $11
      and scope_id = $12
      and grain = $13
      and starts_at >= $14
  ) parts
group by notification_type;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "company"
-- $3: ""
-- $4: "day"
-- $5: 100000
select starts_at, newer
from (
    select starts_at,
      (
        sum(
          sum(
            unread_low + unread_medium + unread_high + unread_urgent + read_low + read_medium + read_high + read_urgent + archived_low + archived_medium + archived_high + archived_urgent
          )
        ) over (order by starts_at desc)
      )::float8 as newer
    from agent_action_counters
    where company_id = $1
      and scope = $2
      and scope_id = $3
      and grain = $4
    group by starts_at
  ) days
where newer <= $5
order by starts_at
limit 1;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "2025-03-05T16:45:00.001Z"
-- $3: 100051
-- $4: 0
-- $5: 51
-- $6: 100000
select n.id, n.company_id, n.sender_id, n.notification_type, n.priority, n.status, n.title, n.message, n.metadata,
  n.action_url, n.expires_at, n.created_at, n.updated_at, case
    when n.sender_user_id is not null then json_build_object('id', n.sender_user_id, 'email', s.email, 'name', s.name)
  end as sender,
  (
    select coalesce(
        json_agg(
          json_build_object(
            'id', r.id, 'notification_id', r.notification_id, 'user_id', r.user_id, 'status', r.status, 'read_at',
            to_char(r.read_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'user',
            json_build_object('id', r.user_id, 'email', u.email, 'name', u.name)
          )
          order by r.position
        ), '[]'
      )
    from agent_action_recipients r
      left join users u on u.company_id = r.company_id
      and u.id = r.user_id
    where r.notification_id = n.id
      and r.company_id = n.company_id
  ) as recipients
from (
    select id
    from (
        (
          select n.id, n.created_at
          from agent_actions n
          where n.company_id = $1
            and n.created_at < $2
          order by n.created_at desc, n.id desc
          limit $3
          offset $4
        )
      ) merged
    order by created_at desc, id desc
    limit $5
    offset $6
  ) page
  join agent_actions n on n.id = page.id
  left join users s on s.company_id = n.company_id
  and s.id = n.sender_user_id
order by n.created_at desc, n.id desc;
