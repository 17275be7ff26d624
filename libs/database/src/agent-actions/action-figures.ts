import type { ActionStats } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { cellsOf, COUNTER_CELLS } from './action-counters.js';
import { type ActionFilters, canMatch, onActions, onRecipients, rangeOf, Statement, within } from './action-filters.js';
import { coverRange, type Part } from './range-cover.js';

/** The number of actions of one type, by status and priority. */
type Figures = { notification_type: string } & Record<string, number>;

/**
 * Returns the scope whose counters cover the filters; undefined when there is none, so that an index bounds the count.
 */
export function countersFor({ query_id, agent_id, sender_id, user_id }: ActionFilters) {
  if (query_id !== undefined) return undefined;
  const scopes = [
    { scope: 'agent', id: agent_id },
    { scope: 'sender', id: sender_id?.toLowerCase() },
    { scope: 'user', id: user_id?.toLowerCase() },
  ].filter(({ id }) => id !== undefined);
  return scopes.length > 1 ? undefined : (scopes[0] ?? { scope: 'company', id: '' });
}

/** Returns the SQL conditions for the counters of `countersFor`, of one grain in a stretch of time. */
export function onCounters(
  companyId: string,
  filters: ActionFilters,
  { by, from, to }: Omit<Part, 'sign'>,
  statement: Statement,
): string {
  const { bind } = statement;
  const counters = countersFor(filters);
  const type = filters.notification_type;
  return [
    `company_id = ${bind(companyId)}`,
    `scope = ${bind(counters?.scope)}`,
    `scope_id = ${bind(counters?.id)}`,
    `grain = ${bind(by)}`,
    ...within('starts_at', { from, to }, statement),
    ...(type === undefined ? [] : [`notification_type = ${bind(type)}`]),
  ].join(' and ');
}

/** Returns the counter cells with this status and priority, where given. */
export const cellsFor = ({ status, priority }: Pick<ActionFilters, 'status' | 'priority'>) =>
  COUNTER_CELLS.filter(
    (cell) => (status ?? cell.status) === cell.status && (priority ?? cell.priority) === cell.priority,
  );

/** Builds the counting statement; its rows are `Figures`. */
function figuresStatement(companyId: string, filters: ActionFilters): { text: string; values: unknown[] } {
  const statement = new Statement();
  const counters = countersFor(filters);
  const range = rangeOf(filters);
  const parts: Part[] = counters
    ? coverRange(range, counters.scope === 'company' ? ['day', 'hour'] : ['day'])
    : [{ by: 'rows', ...range, sign: 1 }];

  const counted = ({ sign, ...stretch }: Part) => {
    const signed = COUNTER_CELLS.map(({ column }) => (sign === 1 ? column : `-${column} as ${column}`)).join(', ');
    return `select notification_type, ${signed} from agent_action_counters
             where ${onCounters(companyId, filters, stretch, statement)}`;
  };
  const rows = ({ sign, ...stretch }: Part) =>
    filters.user_id === undefined
      ? `select notification_type, ${cellsOf(`${sign}`)} from agent_actions n
          where ${onActions(companyId, filters, stretch, statement)} group by notification_type`
      : `select notification_type, ${cellsOf(`${sign}`)} from agent_action_recipients r
          where ${onRecipients(companyId, filters, stretch, statement)} group by notification_type`;

  const arms = parts.map((part) => (part.by === 'rows' ? rows(part) : counted(part)));
  const sums = COUNTER_CELLS.map(({ column }) => `sum(${column})::float8 as ${column}`).join(', ');
  return {
    text: `select notification_type, ${sums} from (${arms.join(' union all ')}) parts group by notification_type`,
    values: statement.values,
  };
}

async function readFigures(tx: Sql, companyId: string, filters: ActionFilters): Promise<Figures[]> {
  if (!canMatch(filters)) return [];
  const { text, values } = figuresStatement(companyId, filters);
  return tx.query<Figures>(text, values);
}

/** Sums the figures with this status and priority, where given. */
function sumOf(figures: Figures[], wanted: Pick<ActionFilters, 'status' | 'priority'>): number {
  const cells = cellsFor(wanted);
  return figures.reduce((sum, row) => sum + cells.reduce((some, { column }) => some + (row[column] ?? 0), 0), 0);
}

/** Returns the number of actions that match the filters. */
export async function readTotal(tx: Sql, companyId: string, filters: ActionFilters): Promise<number> {
  return sumOf(await readFigures(tx, companyId, filters), filters);
}

/** Reads the statistics for `/stats` (contracts README, "Statistics"). */
export async function readStats(tx: Sql, companyId: string, filters: ActionFilters): Promise<ActionStats> {
  const figures = await readFigures(tx, companyId, filters);
  const { priority } = filters;
  const byType = figures.map((row) => [row.notification_type, sumOf([row], { priority })] as const);
  const only = (wanted: string) =>
    priority === undefined || priority === wanted ? sumOf(figures, { priority: wanted }) : 0;
  return {
    total_notifications: sumOf(figures, { priority }),
    unread_count: sumOf(figures, { priority, status: 'unread' }),
    read_count: sumOf(figures, { priority, status: 'read' }),
    archived_count: sumOf(figures, { priority, status: 'archived' }),
    by_type: Object.fromEntries(byType.filter(([, count]) => count > 0).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    by_priority: { low: only('low'), medium: only('medium'), high: only('high'), urgent: only('urgent') },
  };
}
