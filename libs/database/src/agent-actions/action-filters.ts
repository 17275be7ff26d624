import { isUuid } from '@herald/contracts';

/**
 * Filters of lists and statistics, named like the parameters and the columns (contracts README, "Listing
 * notifications").
 */
export interface ActionFilters {
  notification_type?: string;
  priority?: string;
  status?: string;
  agent_id?: string;
  query_id?: string;
  sender_id?: string;
  /** Only actions that this user received, with the user's own status. */
  user_id?: string;
  /** The first and last millisecond of `created_at`. */
  start_date?: Date;
  end_date?: Date;
}

export interface PageOfActions {
  skip: number;
  limit: number;
  /** The last action of the previous page. */
  cursor?: { at: Date; id: string };
}

const COLUMNS = ['notification_type', 'priority', 'status', 'agent_id', 'query_id', 'sender_id'] as const;

/** Collects the values of a statement; `bind` returns the placeholder of a value. */
export class Statement {
  readonly values: unknown[] = [];

  bind = (value: unknown): string => `$${this.values.push(value)}`;
}

/** Returns false when a filter by a person's id is not a UUID: it matches nothing. */
export const canMatch = ({ sender_id, user_id }: ActionFilters): boolean =>
  [sender_id, user_id].every((id) => id === undefined || isUuid(id));

/** Returns the range of the filters in epoch milliseconds, with the end excluded; infinite where it is open. */
export const rangeOf = ({ start_date, end_date }: ActionFilters) => ({
  from: start_date?.getTime() ?? -Infinity,
  to: end_date ? end_date.getTime() + 1 : Infinity,
});

const timeOf = (at: number) => (Number.isFinite(at) ? new Date(at) : at < 0 ? '-infinity' : 'infinity');

/** Returns the SQL conditions for a column within a range. */
export function within(column: string, { from, to }: { from: number; to: number }, { bind }: Statement): string[] {
  return [
    ...(from === -Infinity ? [] : [`${column} >= ${bind(timeOf(from))}`]),
    ...(to === Infinity ? [] : [`${column} < ${bind(timeOf(to))}`]),
  ];
}

/**
 * Returns the SQL conditions on `agent_actions n`. The company is always one of them; row-level security is only the
 * second barrier.
 */
export function onActions(companyId: string, filters: ActionFilters, range: ReturnType<typeof rangeOf>, to: Statement) {
  const equal = COLUMNS.filter((column) => filters[column] !== undefined);
  return [
    `n.company_id = ${to.bind(companyId)}`,
    ...equal.map((column) => `n.${column} = ${to.bind(filters[column])}`),
    ...within('n.created_at', range, to),
  ].join(' and ');
}

/** Returns the SQL conditions on `agent_action_recipients r`. */
export function onRecipients(
  companyId: string,
  filters: ActionFilters,
  range: ReturnType<typeof rangeOf>,
  to: Statement,
) {
  const filtered = (['user_id', 'notification_type', 'priority', 'status'] as const).filter(
    (column) => filters[column] !== undefined,
  );
  return [
    `r.company_id = ${to.bind(companyId)}`,
    ...filtered.map((column) => `r.${column} = ${to.bind(filters[column])}`),
    ...within('r.created_at', range, to),
    ...(filters.agent_id === undefined
      ? []
      : [
          `exists (select from agent_actions n where n.id = r.notification_id and n.agent_id = ${to.bind(filters.agent_id)})`,
        ]),
  ].join(' and ');
}
