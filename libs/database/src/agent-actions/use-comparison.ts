import type { Sql } from '../connection/database.js';

const KEY = 'company_id, grain, starts_at, agent_id, tool, notification_type';
const FIGURES = 'low, medium, high, urgent, times, last_at';
const summed = ['low', 'medium', 'high', 'urgent'].map((column) => `sum(${column})::bigint as ${column}`).join(', ');

/** A single statement, so that both sides come from one snapshot while writers are active. */
const DIFFERENCES = `
  with counted as (
    select u.* from agent_actions a, agent_action_uses_progress p, lateral uses_of(array[a], 1) u
     where (a.listed or a.id <= p.counted_to) and not exists (
             select from agent_action_uncounted n where n.company_id = a.company_id and a.id = any(n.ids))),
  timed as (
    select ${KEY}, jsonb_object_agg(bucket, n) as times
      from (select ${KEY}, t.key as bucket, sum(t.value::bigint) as n from counted, jsonb_each_text(times) t group by ${KEY}, t.key) b
     group by ${KEY}),
  recount as (
    select ${KEY}, ${summed}, coalesce(t.times, '{}') as times, max(last_at) as last_at
      from counted c left join timed t using (${KEY}) group by ${KEY}, t.times),
  kept as (select ${KEY}, ${FIGURES} from agent_action_uses)
  select distinct ${KEY} from ((table kept except table recount) union (table recount except table kept)) differing limit 100`;

/**
 * Compares the uses with a recount of all counted actions, in one snapshot, as `compareCounters` does; returns up to 100
 * keys whose figures differ.
 */
export function compareUses(sql: Sql): Promise<Record<string, unknown>[]> {
  return sql.query<Record<string, unknown>>(DIFFERENCES);
}
