import type { Sql } from '@herald/database';
import { cellsFor, countersFor, onCounters, readTotal } from './action-figures.js';
import { type ActionFilters, type PageOfActions, Statement } from './action-filters.js';

/** To read past fewer rows than these costs less than to ask the counters. */
const DEEP = 5_000;

/**
 * The same page with less to read past: days that lie before it as a whole are left out by what their counters say, so that
 * at most one day's rows are skipped. As it is where no counters answer the filters.
 */
export async function leap(tx: Sql, companyId: string, filters: ActionFilters, page: PageOfActions) {
  const { skip, cursor } = page;
  if (skip < DEEP || cursor || !countersFor(filters)) return { filters, page };
  const ahead = skip + (await newerThanRange(tx, companyId, filters));
  const [day] = await tx.query<{ starts_at: Date; newer: number }>(...oldestDayAhead(companyId, filters, ahead));
  if (!day || (filters.end_date && day.starts_at > filters.end_date)) return { filters, page };
  return {
    filters: { ...filters, end_date: new Date(day.starts_at.getTime() - 1) },
    page: { ...page, skip: ahead - day.newer },
  };
}

/** How many actions that the other filters leave are newer than the range. */
async function newerThanRange(tx: Sql, companyId: string, { end_date, ...filters }: ActionFilters): Promise<number> {
  if (!end_date) return 0;
  return readTotal(tx, companyId, { ...filters, start_date: new Date(end_date.getTime() + 1) });
}

/** The last day that, with all newer ones, holds no more than `ahead`; `newer` is how many they hold. */
function oldestDayAhead(companyId: string, filters: ActionFilters, ahead: number): [string, unknown[]] {
  const statement = new Statement();
  const counted = cellsFor(filters)
    .map(({ column }) => column)
    .join(' + ');
  const days = onCounters(companyId, filters, { by: 'day', from: -Infinity, to: Infinity }, statement);
  return [
    `select starts_at, newer
       from (select starts_at, (sum(sum(${counted})) over (order by starts_at desc))::float8 as newer
               from agent_action_counters where ${days} group by starts_at) days
      where newer <= ${statement.bind(ahead)} order by starts_at limit 1`,
    statement.values,
  ];
}
