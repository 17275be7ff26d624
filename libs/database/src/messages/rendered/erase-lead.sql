-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
select o.id::text as id
from outbox o, lead l
where o.queue in ('merchant-answers')
  and (l.tenant is null or o.company_id = l.tenant)
  and (
    case o.job
      when 'conversation.upsert' then o.body -> 'body' ->> 'lead_phone' = l.phone
      or o.body -> 'body' ->> 'id' in (select id::text from lead_conversations)
      when 'request' then o.body -> 'body' -> 'context' ->> 'lead_phone' = l.phone
      or o.body -> 'body' ->> 'conversation_id' in (select id::text from lead_conversations)
      else o.body ->> 'notificationId' in (select id::text from lead_notifications)
    end
  );

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
select n.id::text as id
from notifications n
  join lead_notifications using (id);

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
select o.id::text as id
from outbox o, lead l
where o.queue in ('merchant-answers.events', 'merchant-answers.answered')
  and (l.tenant is null or o.company_id = l.tenant)
  and (
    l.phone in (o.body -> 'conversation' ->> 'lead_phone', o.body -> 'question' ->> 'lead_phone')
    or o.body -> 'conversation' ->> 'id' in (select id::text from lead_conversations)
  );

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
select d.id::text as id
from dead_letters d, lead l
where d.queue in ('merchant-answers', 'merchant-answers.events', 'merchant-answers.answered')
  and (
    l.merchant_id is null
    or d.company_id = l.tenant
    or d.company_id is null
    and (
      d.content ~ ('"(merchantId|merchant_id)": ?"?' || l.merchant_id || '\M')
      or d.content !~ '"(merchantId|merchant_id)": ?"?\d'
    )
  )
  and (
    position('"lead_phone":' || to_json(l.phone)::text in replace(d.content, '": ', '":')) > 0
    or d.content ~ (
      '"conversation_id": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_conversations) || ')\M'
    )
    or d.content ~ (
      '"conversation": ?{"id": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_conversations) || ')\M'
    )
    or d.content ~ (
      '"notificationId": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_notifications) || ')\M'
    )
    or d.job = 'conversation.upsert'
    and d.content ~ ('"id": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_conversations) || ')\M')
  );

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
select c.id::text as id
from conversations c
  join lead_conversations using (id);

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
-- $6: []
-- $7: []
-- $8: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
select d.id
from (
    select *, null::uuid as company_id
    from unnest($6::text[], $7::text[], $8::text[]) with ordinality as j (queue, job, content, id)
  ) d, lead l
where d.queue in ('merchant-answers', 'merchant-answers.events', 'merchant-answers.answered')
  and (
    l.merchant_id is null
    or d.company_id = l.tenant
    or d.company_id is null
    and (
      d.content ~ ('"(merchantId|merchant_id)": ?"?' || l.merchant_id || '\M')
      or d.content !~ '"(merchantId|merchant_id)": ?"?\d'
    )
  )
  and (
    position('"lead_phone":' || to_json(l.phone)::text in replace(d.content, '": ', '":')) > 0
    or d.content ~ (
      '"conversation_id": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_conversations) || ')\M'
    )
    or d.content ~ (
      '"conversation": ?{"id": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_conversations) || ')\M'
    )
    or d.content ~ (
      '"notificationId": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_notifications) || ')\M'
    )
    or d.job = 'conversation.upsert'
    and d.content ~ ('"id": ?"?(' || (select nullif(string_agg(id::text, '|'), '') from lead_conversations) || ')\M')
  );

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
-- $6: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
delete from outbox
where id = any ($6::text[]::uuid[]);

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
-- $6: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
delete from notifications
where id = any ($6::text[]::bigint[]);

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
-- $6: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
delete from outbox
where id = any ($6::text[]::uuid[]);

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
-- $6: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
delete from dead_letters
where id = any ($6::text[]::bigint[]);

-- $1: "+1234567890"
-- $2: 1
-- $3: "ca088574-1985-5e49-abde-978d4dde3b87"
-- $4: []
-- $5: []
-- $6: []
with
  lead as (select $1::text as phone, $2::bigint as merchant_id, $3::uuid as tenant),
  lead_conversations as (
    select c.id
    from conversations c, lead l
    where (l.merchant_id is null or c.merchant_id = l.merchant_id)
      and (
        c.lead_phone = l.phone
        or c.lead_phone is null
        and exists (select from notifications n where n.conversation_id = c.id and n.context ->> 'lead_phone' = l.phone)
      )
    union
    select unnest($4::bigint[])
  ),
  lead_notifications as (
    select n.id
    from notifications n, lead l
    where (l.merchant_id is null or n.merchant_id = l.merchant_id)
      and (n.context ->> 'lead_phone' = l.phone or n.conversation_id in (select id from lead_conversations))
    union
    select unnest($5::bigint[])
  )
delete from conversations
where id = any ($6::text[]::bigint[]);
