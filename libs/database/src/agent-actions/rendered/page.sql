-- $1: "123e4567-e89b-12d3-a456-426614174001"
-- $2: 51
-- $3: 0
-- $4: 51
-- $5: 0
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
          order by n.created_at desc, n.id desc
          limit $2
          offset $3
        )
      ) merged
    order by created_at desc, id desc
    limit $4
    offset $5
  ) page
  join agent_actions n on n.id = page.id
  left join users s on s.company_id = n.company_id
  and s.id = n.sender_user_id
order by n.created_at desc, n.id desc;
