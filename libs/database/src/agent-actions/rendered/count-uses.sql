select counted_to
from agent_action_uses_progress
for update
  skip locked;

-- $1: 2000
delete from agent_action_uncounted
where (company_id, id) in (
    select company_id, id
    from (
        select company_id, id, sum(cardinality(ids)) over (order by company_id, id) - cardinality(ids) as before
        from (select * from agent_action_uncounted limit 1000) next
      ) lists
    where before < $1
  )
returning ids;
