-- $1: []
-- $2: "2025-03-05T10:30:00.000Z"
-- $3: "2025-03-05T10:31:00.000Z"
with
  locked as (select id from outbox where id = any ($1::uuid[]) and queue = 'agent-actions' order by id for update),
  taken as (
    delete from outbox o using locked l
    where o.id = l.id
    returning o.id, o.company_id, o.body, o.accepted_at as created_at, o.accepted_at, $2::timestamptz as queued_at,
      $3::timestamptz as started_at, o.history
  ),
  action as (
    select g.id, g.company_id, coalesce(b.sender_id, (b.sender ->> 'id')::uuid) as sender_id,
      coalesce((b.sender ->> 'id')::uuid, b.sender_id) as sender_user_id, b.notification_type,
      coalesce(b.priority, 'medium') as priority, b.title, b.message,
      coalesce(nullif(b.metadata, 'null'), '{}') as metadata,
      nullif(coalesce(nullif(b.metadata, 'null'), '{}') ->> 'agent_id', '') as agent_id,
      nullif(coalesce(nullif(b.metadata, 'null'), '{}') ->> 'query_id', '') as query_id, b.action_url,
      b.expires_at::timestamptz(3) as expires_at, g.created_at, g.created_at as updated_at, g.accepted_at, g.queued_at,
      g.started_at, g.history, nullif(b.sender, 'null') as sender,
      coalesce(nullif(b.recipients, 'null'), '[]') as people
    from taken g,
      jsonb_to_record(g.body) as b (
        notification_type text, title text, message text, priority text, metadata jsonb, action_url text,
        expires_at timestamptz, sender_id uuid, sender jsonb, recipients jsonb
      )
  ),
  written as (
    insert into agent_actions (
        id, company_id, sender_id, sender_user_id, notification_type, priority, title, message, metadata, agent_id,
        query_id, action_url, expires_at, created_at, updated_at, accepted_at, queued_at, started_at, history
      )
    select id, company_id, sender_id, sender_user_id, notification_type, priority, title, message, metadata, agent_id,
      query_id, action_url, expires_at, created_at, updated_at, accepted_at, queued_at, started_at, history
    from action
    order by id
    returning id, company_id, sender_id, agent_id, notification_type, priority, status, created_at
  ),
  addressed as (
    insert into agent_action_recipients (notification_id, user_id, id, company_id, position, created_at, notification_type, priority)
    select a.id, (p.value ->> 'id')::uuid, gen_random_uuid(), a.company_id, p.position, a.created_at,
      a.notification_type, a.priority
    from action a, jsonb_array_elements(a.people) with ordinality as p (value, position)
    where (a.id in (select id from written)) is true
    order by a.id, 2
    returning company_id, user_id, created_at, notification_type, priority, status
  ),
  people as (
    select distinct on (company_id, id) company_id, id, email, name
    from (
        select a.company_id, (p ->> 'id')::uuid as id, p ->> 'email' as email, p ->> 'name' as name, a.created_at
        from action a, jsonb_array_elements(case when a.sender is null then a.people else a.people || a.sender end) as p
        where (a.id in (select id from written)) is true
      ) named
    order by company_id, id, created_at desc
  ),
  -- Entries that say nothing new are left out here: to conflict with one would lock it against every other writer.
  known as (
    insert into users as u (company_id, id, email, name)
    select company_id, id, email, name
    from people p
    where not exists (
        select from users k
        where k.company_id = p.company_id
          and k.id = p.id
          and (p.email is null or p.email is not distinct from k.email)
          and (p.name is null or p.name is not distinct from k.name)
      )
    order by company_id, id
    on conflict (company_id, id) do update
    set email = coalesce(excluded.email, u.email), name = coalesce(excluded.name, u.name)
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
            select company_id, s.scope, s.scope_id, created_at, notification_type, priority, status as status, 1 as n
            from written,
              lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
            where s.scope_id is not null
            union all
            select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
              status as status, 1 as n
            from addressed
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
select company_id, created_at as accepted_at
from written;
