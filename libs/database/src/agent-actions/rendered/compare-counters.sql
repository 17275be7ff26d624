with
  kept as (
    select company_id, scope, scope_id, grain, starts_at, notification_type, sum(unread_low) as unread_low,
      sum(unread_medium) as unread_medium, sum(unread_high) as unread_high, sum(unread_urgent) as unread_urgent,
      sum(read_low) as read_low, sum(read_medium) as read_medium, sum(read_high) as read_high,
      sum(read_urgent) as read_urgent, sum(archived_low) as archived_low, sum(archived_medium) as archived_medium,
      sum(archived_high) as archived_high, sum(archived_urgent) as archived_urgent
    from agent_action_counters
    group by company_id, scope, scope_id, grain, starts_at, notification_type
    having sum(unread_low) <> 0
      or sum(unread_medium) <> 0
      or sum(unread_high) <> 0
      or sum(unread_urgent) <> 0
      or sum(read_low) <> 0
      or sum(read_medium) <> 0
      or sum(read_high) <> 0
      or sum(read_urgent) <> 0
      or sum(archived_low) <> 0
      or sum(archived_medium) <> 0
      or sum(archived_high) <> 0
      or sum(archived_urgent) <> 0
  ),
  counted as (
    select company_id, scope, scope_id, grain, starts_at, notification_type,
      coalesce(sum(n) filter (where status = 'unread' and priority = 'low'), 0) as unread_low,
      coalesce(sum(n) filter (where status = 'unread' and priority = 'medium'), 0) as unread_medium,
      coalesce(sum(n) filter (where status = 'unread' and priority = 'high'), 0) as unread_high,
      coalesce(sum(n) filter (where status = 'unread' and priority = 'urgent'), 0) as unread_urgent,
      coalesce(sum(n) filter (where status = 'read' and priority = 'low'), 0) as read_low,
      coalesce(sum(n) filter (where status = 'read' and priority = 'medium'), 0) as read_medium,
      coalesce(sum(n) filter (where status = 'read' and priority = 'high'), 0) as read_high,
      coalesce(sum(n) filter (where status = 'read' and priority = 'urgent'), 0) as read_urgent,
      coalesce(sum(n) filter (where status = 'archived' and priority = 'low'), 0) as archived_low,
      coalesce(sum(n) filter (where status = 'archived' and priority = 'medium'), 0) as archived_medium,
      coalesce(sum(n) filter (where status = 'archived' and priority = 'high'), 0) as archived_high,
      coalesce(sum(n) filter (where status = 'archived' and priority = 'urgent'), 0) as archived_urgent
    from (
        select company_id, s.scope, s.scope_id, created_at, notification_type, priority, status as status, 1 as n
        from agent_actions,
          lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
        where s.scope_id is not null
        union all
        select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
          status as status, 1 as n
        from agent_action_recipients
      ) c,
      lateral (
        values ('all', '-infinity'), ('day', date_trunc('day', created_at, 'UTC')),
          ('hour', date_trunc('hour', created_at, 'UTC'))
      ) g (grain, starts_at)
    where (grain <> 'hour' or scope = 'company')
    group by company_id, scope, scope_id, grain, starts_at, notification_type
  )
select distinct company_id, scope, scope_id, grain, starts_at, notification_type
from ((table kept except table counted) union (table counted except table kept)) differing
limit 100;
