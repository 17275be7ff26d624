import { PRIORITIES } from '@herald/contracts';
import { type ActionFilters, onActions, rangeOf, type Statement, within } from './action-filters.js';
import { coverInside, type Part, type Stretch } from './range-cover.js';

/** Counters and rows that one answer may be made of, so that it costs the same whatever the size of the log. */
export const MOST_LOOKED_AT = 150_000;

/** Thrown when an answer would be made of more than `MOST_LOOKED_AT`. */
export class TooMuchToCount extends Error {}

/** The columns of a row by which it is counted. */
const OF_ROW = `coalesce(n.agent_id, '') as agent_id, tool_of(n.metadata) as tool, n.notification_type,
  ${PRIORITIES.map((priority) => `(n.priority = '${priority}')::int as ${priority}`).join(', ')}`;
const OF_COUNTER = `agent_id, tool, notification_type, ${PRIORITIES.join(', ')}`;

const TIMES_OF_ROW = `jsonb_strip_nulls(jsonb_build_object(coalesce(time_bucket_of(n.metadata), 0),
  case when time_bucket_of(n.metadata) is not null then 1 end)) as times, n.created_at as last_at`;
const TIMES_OF_COUNTER = 'times, last_at';

/** The filters that the uses can answer. */
export type UseFilters = Pick<ActionFilters, 'notification_type' | 'agent_id' | 'start_date' | 'end_date'>;

/**
 * Builds the relation of the uses in a range: what is counted, what is not counted yet, and rows at the ends. Its columns
 * are at, agent_id, tool, notification_type and the priorities, and with `timed` also times and last_at.
 */
export function usesRelation(
  companyId: string,
  filters: UseFilters,
  { parts, timed = false }: { parts: Part[]; timed?: boolean },
  statement: Statement,
): string {
  const { bind } = statement;
  const ofRow = timed ? `${OF_ROW}, ${TIMES_OF_ROW}` : OF_ROW;
  const ofCounter = timed ? `${OF_COUNTER}, ${TIMES_OF_COUNTER}` : OF_COUNTER;
  const equal = (['agent_id', 'notification_type'] as const).filter((column) => filters[column] !== undefined);

  const rows = (stretch: Stretch) =>
    `select n.created_at as at, ${ofRow} from agent_actions n where ${onActions(companyId, filters, stretch, statement)}`;
  const uncounted = (stretch: Stretch) =>
    `select n.created_at as at, ${ofRow}
       from agent_action_uncounted u, unnest(u.ids) as listed(id), agent_actions n
      where u.company_id = ${bind(companyId)} and n.id = listed.id and ${onActions(companyId, filters, stretch, statement)}`;
  const counters = ({ by, ...stretch }: Part) =>
    `select starts_at as at, ${ofCounter} from agent_action_uses
      where ${[
        `company_id = ${bind(companyId)}`,
        `grain = ${bind(by)}`,
        ...within('starts_at', stretch, statement),
        ...equal.map((column) => `${column} = ${bind(filters[column])}`),
      ].join(' and ')}`;

  const counted = parts.filter(({ by }) => by !== 'rows');
  const arms = parts.map((part) => (part.by === 'rows' ? rows(part) : counters(part)));
  // The counted parts adjoin: rows are at the ends of the range alone.
  const [first, last] = [counted[0], counted.at(-1)];
  if (first && last) arms.push(uncounted({ from: first.from, to: last.to }));
  return arms.join(' union all ');
}

/** Returns the parts that cover the range of the filters with uses. */
export function partsOfUses(filters: UseFilters): Part[] {
  const range = rangeOf(filters);
  if (range.from === -Infinity && range.to === Infinity) return [{ by: 'all', ...range, sign: 1 }];
  return coverInside(range, ['day', 'hour']);
}
