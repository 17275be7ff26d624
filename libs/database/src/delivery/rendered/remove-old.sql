-- $1: 30
-- $2: 500
select id
from feed_messages
where delivered_at < now() - $1::integer * interval '1 day'
limit $2
for update
  skip locked;

-- $1: []
delete from feed_messages
where id = any ($1::uuid[]);
