import { PRIORITIES } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { Statement } from './action-filters.js';
import { summaryOf, type Times } from './execution-times.js';
import { MOST_LOOKED_AT, partsOfUses, TooMuchToCount, type UseFilters, usesRelation } from './uses-relation.js';

type Use = Record<(typeof PRIORITIES)[number], number> & { key: string; last_at: Date; times: Times };

const sums = PRIORITIES.map((priority) => `sum(${priority})::float8 as ${priority}`).join(', ');
const all = PRIORITIES.join(' + ');

/** Builds the statement for those with the most actions; `looked_at`, `keys` and `counted` are the same in each row. */
function usesStatement(companyId: string, filters: UseFilters, by: 'agent_id' | 'tool', limit: number) {
  const statement = new Statement();
  const { bind } = statement;
  const relation = usesRelation(companyId, filters, { parts: partsOfUses(filters), timed: true }, statement);
  return {
    text: `
      with looked as materialized (select * from (${relation}) uses limit ${bind(MOST_LOOKED_AT + 1)}),
      named as (select ${by} as key, ${sums}, max(last_at) as last_at from looked group by ${by}),
      foremost as (select * from named order by ${all} desc, key collate "C" limit ${bind(limit)}),
      timed as (
        select key, jsonb_object_agg(bucket, n) as times
          from (select ${by} as key, t.key as bucket, sum(t.value::bigint) as n
                  from looked, jsonb_each_text(times) t where ${by} in (select key from foremost) group by 1, 2) b
         group by key)
      select foremost.*, coalesce(times, '{}') as times, (select count(*)::int from looked) as looked_at,
             (select count(*)::int from named) as keys, (select sum(${all})::float8 from named) as counted
        from foremost left join timed using (key) order by ${all} desc, key collate "C"`,
    values: statement.values,
  };
}

/**
 * Reads who or what acted most often (contracts README, "Agents and tools").
 * @throws TooMuchToCount
 */
export async function readUses(
  tx: Sql,
  companyId: string,
  filters: UseFilters,
  { by, limit }: { by: 'agent_id' | 'tool'; limit: number },
) {
  const { text, values } = usesStatement(companyId, filters, by, limit);
  const rows = await tx.query<Use & { looked_at: number; keys: number; counted: number }>(text, values);
  const { looked_at = 0, keys = 0, counted = 0 } = rows[0] ?? {};
  if (looked_at > MOST_LOOKED_AT) throw new TooMuchToCount();
  const data = rows.map(({ key, low, medium, high, urgent, last_at, times }) => {
    const count = low + medium + high + urgent;
    return {
      key: key === '' ? null : key,
      count,
      by_priority: { low, medium, high, urgent },
      high_and_urgent_share: Number(((high + urgent) / count).toFixed(4)),
      last_at,
      execution_time: summaryOf(times),
    };
  });
  return { data, total: keys, other_count: counted - data.reduce((sum, { count }) => sum + count, 0) };
}
