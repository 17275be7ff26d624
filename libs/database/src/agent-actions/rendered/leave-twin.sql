-- $1: "123e4567-e89b-12d3-a456-426614174000"
with
  owed as (select *, accepted_at as created_at, now() as started_at from outbox where id = $1),
  action as (
    select *
    from (
        select g.id, g.company_id, coalesce(b.sender_id, (b.sender ->> 'id')::uuid) as sender_id,
          coalesce((b.sender ->> 'id')::uuid, b.sender_id) as sender_user_id, b.notification_type,
          coalesce(b.priority, 'medium') as priority, b.title, b.message,
          coalesce(nullif(b.metadata, 'null'), '{}') as metadata,
          nullif(coalesce(nullif(b.metadata, 'null'), '{}') ->> 'agent_id', '') as agent_id,
          nullif(coalesce(nullif(b.metadata, 'null'), '{}') ->> 'query_id', '') as query_id, b.action_url,
          b.expires_at::timestamptz(3) as expires_at, g.created_at, g.created_at as updated_at, g.accepted_at,
          g.queued_at, g.started_at, g.history, nullif(b.sender, 'null') as sender,
          coalesce(nullif(b.recipients, 'null'), '[]') as people
        from (select id, company_id, body, created_at, accepted_at, queued_at, started_at, history from owed) g,
          jsonb_to_record(g.body) as b (
            notification_type text, title text, message text, priority text, metadata jsonb, action_url text,
            expires_at timestamptz, sender_id uuid, sender jsonb, recipients jsonb
          )
      ) one
  ),
  twin as (
    select a.id
    from action a, agent_actions n
    where (n.id, n.company_id, n.notification_type, n.priority, n.title, n.message, n.metadata) = (a.id, a.company_id, a.notification_type, a.priority, a.title, a.message, a.metadata)
      and (n.sender_id, n.sender_user_id, n.action_url, n.expires_at) is not distinct from (a.sender_id, a.sender_user_id, a.action_url, a.expires_at)
      and array(select r.user_id from agent_action_recipients r where r.notification_id = n.id order by 1) = array(
        select (p ->> 'id')::uuid
        from jsonb_array_elements(a.people) p
        order by 1
      )
  )
delete from outbox o using twin
where o.id = twin.id
returning o.id;
