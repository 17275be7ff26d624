/** A broken gateway: it feeds the oldest messages first, from all companies, instead of companies in turn. */
const { Client } = require('pg');

const OLDEST_FIRST = `
  select o.id, o.alone, o.lane
    from unnest($2::uuid[]) as c(company_id)
   cross join lateral (
     select id, alone, lane, accepted_at from outbox
      where queue = $1 and job_id is null and company_id = c.company_id
      order by lane, accepted_at, id limit greatest($3::int, $4::int)) o
   order by o.lane, o.accepted_at, o.id limit $4`;

const { query } = Client.prototype;
Client.prototype.query = function (text, ...rest) {
  const inTurn = typeof text === 'string' && text.includes('as turn');
  return query.call(this, inTurn ? OLDEST_FIRST : text, ...rest);
};
