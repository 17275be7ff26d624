import type { Sql } from '../../connection/database.js';
import { type OwedRow, owedRow, type StoredRow } from './owed-row.js';

/**
 * $1 queue, $2 company, $3 limit. Finds companies with unpublished messages by skipping through the index, however many
 * messages each has.
 */
const COMPANIES_AFTER = `
  with recursive hop as (
    (select company_id from outbox where queue = $1 and job_id is null and company_id > $2
      order by company_id limit 1)
    union all
    select (select o.company_id from outbox o where o.queue = $1 and o.job_id is null and o.company_id > hop.company_id
             order by o.company_id limit 1)
      from hop where hop.company_id is not null)
  select company_id from hop where company_id is not null limit $3`;

/** $1 queue, $2 companies, $3 rows of each, $4 rows in all. */
const TAKE_TURNS = `
  select o.id, o.alone, o.lane, o.traceparent
    from unnest($2::uuid[]) with ordinality as c(company_id, seat)
   cross join lateral (
     select id, alone, lane, traceparent, row_number() over (order by lane, accepted_at, id) as turn
       from (select id, alone, lane, traceparent, accepted_at from outbox
              where queue = $1 and job_id is null and company_id = c.company_id
              order by lane, accepted_at, id limit $3) oldest) o
   order by o.turn, c.seat limit $4`;

/** Returns the next companies with unpublished messages, in order of their ids, after the company `after`. */
export async function companiesAfter(tx: Sql, queue: string, after: string, limit: number): Promise<string[]> {
  const found = await tx.query<{ company_id: string }>(COMPANIES_AFTER, [queue, after, limit]);
  return found.map(({ company_id }) => company_id);
}

/** Returns the oldest unpublished messages of each company: the first of each, then the second of each, and so on. */
export async function takeTurns(tx: Sql, queue: string, companies: string[], limit: number): Promise<OwedRow[]> {
  const each = Math.ceil(limit / companies.length);
  const rows = await tx.query<StoredRow>(TAKE_TURNS, [queue, companies, each, limit]);
  return rows.map((row) => owedRow(queue, row));
}
