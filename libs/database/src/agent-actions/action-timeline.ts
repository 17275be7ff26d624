import { PRIORITIES } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { canMatch, rangeOf, Statement } from './action-filters.js';
import { type Group, type Timeline, timelineRelation } from './timeline-relation.js';
import { MOST_LOOKED_AT, TooMuchToCount } from './uses-relation.js';

const LENGTH_MS = { day: 24 * 60 * 60 * 1000, hour: 60 * 60 * 1000 };

const KEYS: Record<Group, string> = {
  type: 'notification_type',
  priority: 'p.priority',
  agent: 'agent_id',
  tool: 'tool',
  none: `''`,
};

/** What happened in one bucket, of one of the leading keys, or (`is_other`) of all others together. */
interface Counted {
  at: Date;
  key: string;
  is_other: boolean;
  n: number;
  looked_at: number;
}

interface Series {
  key: string | null;
  total: number;
  counts: number[];
}

function timelineStatement(timeline: Timeline, limit: number) {
  const statement = new Statement();
  const { bind } = statement;
  const { priority } = timeline.filters;
  const counted = PRIORITIES.filter((name) => (priority ?? name) === name);
  // One row for each priority only where they are told apart: there may be many rows.
  const [figures, n] =
    timeline.group === 'priority'
      ? [`looked, lateral (values ${counted.map((name) => `('${name}', ${name})`).join(', ')}) p(priority, n)`, 'n']
      : ['looked', counted.join(' + ')];
  // A priority is a column of the counters, not a condition on them.
  const filters = { ...timeline.filters, priority: undefined };
  const relation = timelineRelation({ ...timeline, filters }, rangeOf(filters), statement);
  return {
    text: `
      with looked as materialized (select * from (${relation}) figures limit ${bind(MOST_LOOKED_AT + 1)}),
      counted as (
        select date_trunc('${timeline.interval}', at, 'UTC') as at, ${KEYS[timeline.group]} as key, sum(${n}) as n from ${figures}
         group by 1, 2 having sum(${n}) <> 0),
      foremost as (select key from counted group by key order by sum(n) desc, key collate "C" limit ${bind(limit)})
      select at, case when l.key is null then '' else c.key end as key, l.key is null as is_other, sum(n)::float8 as n,
             (select count(*)::int from looked) as looked_at
        from counted c left join foremost l using (key) group by 1, 2, 3`,
    values: statement.values,
  };
}

/**
 * Counts the actions of a range by hour or day (contracts README, "Timeline"). The range of the filters has both ends.
 * @throws TooMuchToCount
 */
export async function readTimeline(tx: Sql, timeline: Timeline, limit: number) {
  const { filters, interval, group } = timeline;
  const buckets = bucketsOf(rangeOf(filters), LENGTH_MS[interval]);
  const rows = canMatch(filters) ? await readCounted(tx, timeline, limit) : [];
  const position = new Map(buckets.map((at, index) => [at, index]));
  const seriesOf = (key: string | null, counted: Counted[]): Series => {
    const counts = buckets.map(() => 0);
    for (const { at, n } of counted) counts[position.get(at.getTime()) as number] = n;
    return { key, total: counts.reduce((sum, n) => sum + n, 0), counts };
  };
  const others = rows.filter(({ is_other }) => is_other);
  const leading = rows.filter(({ is_other }) => !is_other);
  const keys = new Set([...(ALWAYS[group] ?? []), ...leading.map(({ key }) => key)]);
  const series = [...keys].map((key) =>
    seriesOf(
      key === '' ? null : key,
      leading.filter((counted) => counted.key === key),
    ),
  );
  return {
    buckets: buckets.map((at) => new Date(at)),
    series: series.toSorted((a, b) => b.total - a.total || ((a.key ?? '') < (b.key ?? '') ? -1 : 1)),
    other: others.length > 0 ? seriesOf(null, others) : null,
  };
}

/** Keys that are shown even when nothing happened. */
const ALWAYS: Partial<Record<Group, readonly string[]>> = { priority: PRIORITIES, none: [''] };

async function readCounted(tx: Sql, timeline: Timeline, limit: number): Promise<Counted[]> {
  const { text, values } = timelineStatement(timeline, timeline.group === 'priority' ? PRIORITIES.length : limit);
  const rows = await tx.query<Counted & Record<string, unknown>>(text, values);
  if ((rows[0]?.looked_at ?? 0) > MOST_LOOKED_AT) throw new TooMuchToCount();
  return rows;
}

/** Returns the starts of the buckets that a range touches. */
function bucketsOf({ from, to }: { from: number; to: number }, length: number): number[] {
  const first = Math.floor(from / length) * length;
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / length)) }, (_, n) => first + n * length);
}
