-- $1: 30
-- $2: 500
select id
from (
    select id
    from agent_actions
    where recorded_at < now() - $1::integer * interval '1 day'
    limit $2
    for update
      skip locked
  ) o
order by id;

-- $1: []
with
  actions as (delete from agent_actions where id = any ($1::uuid[]) returning *),
  recipients as (select r.* from agent_action_recipients r join actions a on a.id = r.notification_id)
insert into agent_action_counters as counter (
    company_id, scope, scope_id, grain, starts_at, notification_type, shard, unread_low, unread_medium, unread_high,
    unread_urgent, read_low, read_medium, read_high, read_urgent, archived_low, archived_medium, archived_high,
    archived_urgent
  )
select company_id, scope, scope_id, grain, starts_at, notification_type, pg_backend_pid() % 16, unread_low,
  unread_medium, unread_high, unread_urgent, read_low, read_medium, read_high, read_urgent, archived_low,
  archived_medium, archived_high, archived_urgent
from (
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
        select company_id, s.scope, s.scope_id, created_at, notification_type, priority, status as status, -1 as n
        from actions,
          lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
        where s.scope_id is not null
        union all
        select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
          status as status, -1 as n
        from recipients
      ) c,
      lateral (
        values ('all', '-infinity'), ('day', date_trunc('day', created_at, 'UTC')),
          ('hour', date_trunc('hour', created_at, 'UTC'))
      ) g (grain, starts_at)
    where (grain <> 'hour' or scope = 'company')
    group by company_id, scope, scope_id, grain, starts_at, notification_type
  ) added
order by company_id, scope, scope_id, grain, starts_at, notification_type
on conflict (company_id, scope, scope_id, grain, starts_at, notification_type, shard) do update
set unread_low = counter.unread_low + excluded.unread_low,
  unread_medium = counter.unread_medium + excluded.unread_medium,
  unread_high = counter.unread_high + excluded.unread_high,
  unread_urgent = counter.unread_urgent + excluded.unread_urgent, read_low = counter.read_low + excluded.read_low,
  read_medium = counter.read_medium + excluded.read_medium, read_high = counter.read_high + excluded.read_high,
  read_urgent = counter.read_urgent + excluded.read_urgent, archived_low = counter.archived_low + excluded.archived_low,
  archived_medium = counter.archived_medium + excluded.archived_medium,
  archived_high = counter.archived_high + excluded.archived_high,
  archived_urgent = counter.archived_urgent + excluded.archived_urgent;
