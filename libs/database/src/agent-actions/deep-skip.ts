import type { Sql } from '../connection/database.js';
import { cellsFor, countersFor, onCounters, readTotal } from './action-figures.js';
import { type ActionFilters, type PageOfActions, Statement } from './action-filters.js';

/** Skipping fewer rows than this costs less than reading the counters. */
const DEEP = 5_000;

/**
 * Returns an equivalent page with fewer rows to skip: counters show how many actions the whole days before it contain,
 * so that at most one day's rows are skipped. Returns the page unchanged where no counters cover the filters.
 */
export async function skipWholeDays(tx: Sql, companyId: string, filters: ActionFilters, page: PageOfActions) {
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

/** Returns how many actions that match the other filters are newer than the range. */
async function newerThanRange(tx: Sql, companyId: string, { end_date, ...filters }: ActionFilters): Promise<number> {
  if (!end_date) return 0;
  return readTotal(tx, companyId, { ...filters, start_date: new Date(end_date.getTime() + 1) });
}

/**
 * Builds the query for the earliest day that, with all later days, has at most `ahead` actions; `newer` is their
 * number.
 */
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
