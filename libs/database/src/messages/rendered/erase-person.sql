-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select r.id::text as id
from requests r
  join feed_messages f on f.id::text = r.verdict ->> 'id', person p
where f.company_id = p.company_id
  and p.login in (f.author_login, f.recipient_login)
union
select r.id::text
from requests r
  join agent_actions a on a.id::text = r.verdict ->> 'notification_id', person p
where a.company_id = p.company_id
  and r.verdict ->> 'user_id' = p.user_id::text;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select o.id::text as id
from outbox o, person p
where o.company_id = p.company_id
  and o.queue = 'delivery'
  and p.login in (o.body -> 'message' ->> 'authorLogin', o.body -> 'message' ->> 'recipientLogin');

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select o.id::text as id
from outbox o, person p
where o.company_id = p.company_id
  and o.queue = 'agent-actions'
  and (
    p.user_id::text in (lower(o.body -> 'sender' ->> 'id'), lower(o.body ->> 'sender_id'))
    or o.body @? '$.recipients[*]'
    and exists (select from jsonb_path_query(o.body, '$.recipients[*]') r where lower(r ->> 'id') = p.user_id::text)
  );

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select f.id::text as id
from feed_messages f, person p
where f.company_id = p.company_id
  and f.recipient_login = p.login
union
select f.id::text
from feed_messages f, person p
where f.company_id = p.company_id
  and f.author_login = p.login;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select d.id::text as id
from dead_letters d, person p
where (
    position(p.user_id::text in lower(d.content)) > 0
    and (
      (d.company_id = p.company_id or d.company_id is null and position(p.company_id::text in lower(d.content)) > 0)
      or (
        d.company_id is null
        and d.queue in ('delivery', 'agent-actions')
        and not exists (select from companies c where position(c.id::text in lower(d.content)) > 0)
      )
    )
    or (
      (
        position('"authorLogin":' || p.quoted in replace(d.content, '": ', '":')) > 0
        or position('"authorLogin":' || p.ascii in replace(d.content, '": ', '":')) > 0
      )
      or (
        position('"recipientLogin":' || p.quoted in replace(d.content, '": ', '":')) > 0
        or position('"recipientLogin":' || p.ascii in replace(d.content, '": ', '":')) > 0
      )
      or (
        position('"login":' || p.quoted in replace(d.content, '": ', '":')) > 0
        or position('"login":' || p.ascii in replace(d.content, '": ', '":')) > 0
      )
    )
    and (d.company_id = p.company_id or d.company_id is null and position(p.company_id::text in lower(d.content)) > 0)
    or (
      position('' || p.quoted in replace(d.content, '": ', '":')) > 0
      or position('' || p.ascii in replace(d.content, '": ', '":')) > 0
    )
    and (
      d.company_id is null
      and d.queue in ('delivery', 'agent-actions')
      and not exists (select from companies c where position(c.id::text in lower(d.content)) > 0)
    )
  );

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select r.notification_id::text as id
from agent_action_recipients r, person p
where r.company_id = p.company_id
  and r.user_id = p.user_id;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select a.id::text as id
from agent_actions a, person p
where a.company_id = p.company_id
  and p.user_id in (a.sender_id, a.sender_user_id);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select distinct scope as id
from (
    select c.company_id, c.scope, c.scope_id, c.grain, c.starts_at, c.notification_type
    from agent_action_counters c, person p
    where c.company_id = p.company_id
      and c.scope in ('user', 'sender')
      and c.scope_id = p.user_id::text
    group by c.company_id, c.scope, c.scope_id, c.grain, c.starts_at, c.notification_type
    having sum(c.unread_low) = 0
      and sum(c.unread_medium) = 0
      and sum(c.unread_high) = 0
      and sum(c.unread_urgent) = 0
      and sum(c.read_low) = 0
      and sum(c.read_medium) = 0
      and sum(c.read_high) = 0
      and sum(c.read_urgent) = 0
      and sum(c.archived_low) = 0
      and sum(c.archived_medium) = 0
      and sum(c.archived_high) = 0
      and sum(c.archived_urgent) = 0
  ) e;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select c.tab as id
from feed_counters c, person p
where c.company_id = p.company_id
  and c.login = p.login
group by c.tab
having sum(c.unread) = 0
  and sum(c.unseen) = 0;

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select u.id::text as id
from users u, person p
where u.company_id = p.company_id
  and (u.id = p.user_id or u.login = p.login);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
-- $6: []
-- $7: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
select d.id
from (
    select *, null::uuid as company_id
    from unnest($5::text[], $6::text[], $7::text[]) with ordinality as j (queue, job, content, id)
  ) d, person p
where (
    position(p.user_id::text in lower(d.content)) > 0
    and (
      (d.company_id = p.company_id or d.company_id is null and position(p.company_id::text in lower(d.content)) > 0)
      or (
        d.company_id is null
        and d.queue in ('delivery', 'agent-actions')
        and not exists (select from companies c where position(c.id::text in lower(d.content)) > 0)
      )
    )
    or (
      (
        position('"authorLogin":' || p.quoted in replace(d.content, '": ', '":')) > 0
        or position('"authorLogin":' || p.ascii in replace(d.content, '": ', '":')) > 0
      )
      or (
        position('"recipientLogin":' || p.quoted in replace(d.content, '": ', '":')) > 0
        or position('"recipientLogin":' || p.ascii in replace(d.content, '": ', '":')) > 0
      )
      or (
        position('"login":' || p.quoted in replace(d.content, '": ', '":')) > 0
        or position('"login":' || p.ascii in replace(d.content, '": ', '":')) > 0
      )
    )
    and (d.company_id = p.company_id or d.company_id is null and position(p.company_id::text in lower(d.content)) > 0)
    or (
      position('' || p.quoted in replace(d.content, '": ', '":')) > 0
      or position('' || p.ascii in replace(d.content, '": ', '":')) > 0
    )
    and (
      d.company_id is null
      and d.queue in ('delivery', 'agent-actions')
      and not exists (select from companies c where position(c.id::text in lower(d.content)) > 0)
    )
  );

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id)
delete from requests
where id in (select id from chosen);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id)
delete from outbox
where id in (select id from chosen);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id)
update outbox o
set body = o.body - case
    when lower(o.body -> 'sender' ->> 'id') = p.user_id::text then 'sender'
    else ''
  end - case
    when lower(o.body ->> 'sender_id') = p.user_id::text then 'sender_id'
    else ''
  end || jsonb_build_object(
    'recipients',
    coalesce(
      (
        select jsonb_agg(r)
        from jsonb_path_query(o.body, '$.recipients[*]') r
        where lower(r ->> 'id') <> p.user_id::text
      ), '[]'
    )
  )
from person p
where o.id in (select id from chosen);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id)
delete from feed_messages
where id in (select id from chosen);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  )
delete from dead_letters
where id = any ($5::text[]::bigint[]);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id),
  gone as (
    delete from agent_action_recipients r using chosen c, person p
    where r.notification_id = c.id
      and r.user_id = p.user_id
    returning r.*
  ),
  derived as (
    select g.notification_id as id, case
        when count(r) = 0 then 'unread'
        when bool_and(r.status = 'archived') then 'archived'
        when bool_and(r.status <> 'unread') then 'read'
        else 'unread'
      end as status
    from gone g
      left join agent_action_recipients r on r.notification_id = g.notification_id
      and r.user_id <> g.user_id
    group by g.notification_id
  ), before as (select a.id, a.status from agent_actions a join gone g on g.notification_id = a.id),
  action as (
    update agent_actions a
    set status = d.status
    from derived d
      join before b using (id)
    where a.id = d.id
      and a.status <> d.status
    returning a.company_id, a.agent_id, a.sender_id, a.created_at, a.notification_type, a.priority, a.status,
      b.status as before_status
  )
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
        from gone
        union all
        select company_id, s.scope, s.scope_id, created_at, notification_type, priority, before_status as status,
          -1 as n
        from action,
          lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
        where s.scope_id is not null
        union all
        select company_id, s.scope, s.scope_id, created_at, notification_type, priority, status as status, 1 as n
        from action,
          lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s (scope, scope_id)
        where s.scope_id is not null
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

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id),
  sent as (
    select a.company_id, 'sender' as scope, a.sender_id::text as scope_id, a.created_at, a.notification_type,
      a.priority, a.status, -1 as n
    from agent_actions a
      join chosen c using (id), person p
    where a.sender_id = p.user_id
  ),
  changed as (
    update agent_actions a
    set sender_id = nullif(a.sender_id, p.user_id), sender_user_id = nullif(a.sender_user_id, p.user_id)
    from chosen c, person p
    where a.id = c.id
  )
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
    from (select * from sent) c,
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

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ),
  locked as (
    select c.*
    from agent_action_counters c, person p
    where c.company_id = p.company_id
      and c.scope in ('user', 'sender')
      and c.scope_id = p.user_id::text
      and c.scope = any ($5::text[])
    order by c.company_id, c.scope, c.scope_id, c.grain, c.starts_at, c.notification_type, c.shard
    for update of
      c
  ),
  empty as (
    select c.company_id, c.scope, c.scope_id, c.grain, c.starts_at, c.notification_type
    from locked c
    where true
    group by c.company_id, c.scope, c.scope_id, c.grain, c.starts_at, c.notification_type
    having sum(c.unread_low) = 0
      and sum(c.unread_medium) = 0
      and sum(c.unread_high) = 0
      and sum(c.unread_urgent) = 0
      and sum(c.read_low) = 0
      and sum(c.read_medium) = 0
      and sum(c.read_high) = 0
      and sum(c.read_urgent) = 0
      and sum(c.archived_low) = 0
      and sum(c.archived_medium) = 0
      and sum(c.archived_high) = 0
      and sum(c.archived_urgent) = 0
  )
delete from agent_action_counters c using locked l
join empty e using (company_id, scope, scope_id, grain, starts_at, notification_type)
where (c.company_id, c.scope, c.scope_id, c.grain, c.starts_at, c.notification_type, c.shard) = (e.company_id, e.scope, e.scope_id, e.grain, e.starts_at, e.notification_type, l.shard);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ),
  locked as (
    select c.*
    from feed_counters c, person p
    where c.company_id = p.company_id
      and c.login = p.login
      and c.tab = any ($5::text[])
    order by c.tab, c.shard
    for update of
      c
  ), empty as (select tab from locked group by tab having sum(unread) = 0 and sum(unseen) = 0)
delete from feed_counters c using locked l
join empty e using (tab)
where (c.company_id, c.login, c.tab, c.shard) = (l.company_id, l.login, l.tab, l.shard);

-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: "123e4567-e89b-12d3-a456-426614174004"
-- $3: "dmurta"
-- $4: "\"dmurta\""
-- $5: []
with
  person as (
    select $1::uuid as company_id, $2::uuid as user_id, $3::text as login, to_json($3::text)::text as quoted,
      $4::text as ascii
  ), chosen as (select unnest($5::text[])::uuid as id)
delete from users u using person p
where u.company_id = p.company_id
  and u.id in (select id from chosen);
