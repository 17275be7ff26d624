-- $1: "123e4567-e89b-12d3-a456-426614174000"
-- $2: "123e4567-e89b-12d3-a456-426614174001"
select status
from agent_actions
where id = $1
  and company_id = $2
for no key update;

-- $1: "123e4567-e89b-12d3-a456-426614174000"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "read"
-- $4: "unread"
with
  before as (select * from agent_action_recipients where notification_id = $1 and user_id = $2 and status <> $3),
  changed as (
    update agent_action_recipients
    set status = $3, read_at = case $3
        when 'unread' then null
        when 'read' then coalesce(read_at, now())
        else read_at
      end
    where notification_id = $1
      and user_id = $2
      and status <> $3
    returning *
  ),
  derived as (
    select case
        when bool_and(status = 'archived') then 'archived'
        when bool_and(status <> 'unread') then 'read'
        else 'unread'
      end as status
    from (
        select coalesce(c.status, r.status) as status
        from agent_action_recipients r
          left join changed c using (user_id)
        where r.notification_id = $1
      ) now
  ),
  action as (
    update agent_actions n
    set status = d.status, updated_at = now()
    from derived d, changed c
    where n.id = $1
    returning n.company_id, n.agent_id, n.sender_id, n.created_at, n.notification_type, n.priority, n.status,
      $4::text as before_status
  ),
  counters as (
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
            select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
              status as status, -1 as n
            from before
            union all
            select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
              status as status, 1 as n
            from changed
            union all
            select *
            from (
                select company_id, s.scope, s.scope_id, created_at, notification_type, priority,
                  before_status as status, -1 as n
                from action,
                  lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
                where s.scope_id is not null
                union all
                select company_id, s.scope, s.scope_id, created_at, notification_type, priority, status as status,
                  1 as n
                from action,
                  lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
                where s.scope_id is not null
              ) moved
            where exists (select from action where status <> before_status)
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
      read_urgent = counter.read_urgent + excluded.read_urgent,
      archived_low = counter.archived_low + excluded.archived_low,
      archived_medium = counter.archived_medium + excluded.archived_medium,
      archived_high = counter.archived_high + excluded.archived_high,
      archived_urgent = counter.archived_urgent + excluded.archived_urgent
  )
select json_build_object(
    'id', r.id, 'notification_id', r.notification_id, 'user_id', r.user_id, 'status', r.status, 'read_at',
    to_char(r.read_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'user',
    json_build_object('id', r.user_id, 'email', u.email, 'name', u.name)
  ) as recipient
from (
    select *
    from changed
    union all
    select *
    from agent_action_recipients
    where notification_id = $1
      and user_id = $2
      and status = $3
  ) r
  left join users u on u.company_id = r.company_id
  and u.id = r.user_id;
