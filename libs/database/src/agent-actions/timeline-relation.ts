import { PRIORITIES } from '@herald/contracts';
import { COUNTER_CELLS } from './action-counters.js';
import { onCounters } from './action-figures.js';
import { type ActionFilters, onActions, onRecipients, type Statement } from './action-filters.js';
import { coverInside, type Part, type Stretch } from './range-cover.js';
import { usesRelation } from './uses-relation.js';

export type Interval = 'hour' | 'day';
export type Group = 'type' | 'priority' | 'agent' | 'tool' | 'none';

export interface Timeline {
  companyId: string;
  filters: ActionFilters;
  interval: Interval;
  group: Group;
}

/** Sums the counters' statuses. */
const OF_COUNTER = PRIORITIES.map((priority) => {
  const cells = COUNTER_CELLS.filter((cell) => cell.priority === priority).map(({ column }) => column);
  return `${cells.join(' + ')} as ${priority}`;
}).join(', ');
const ofRow = (alias: string) =>
  PRIORITIES.map((priority) => `(${alias}.priority = '${priority}')::int as ${priority}`).join(', ');

/** Returns true when a timeline is read from the uses: other counters know no tools, and agents not by hour. */
export const isOfUses = ({ filters, group }: Pick<Timeline, 'filters' | 'group'>): boolean =>
  filters.user_id === undefined && (filters.agent_id !== undefined || group === 'agent' || group === 'tool');

/**
 * Builds the relation of a timeline: counters and rows with their time (`at`), type and number by priority, of the uses
 * also agent and tool. Of a user only days are counted, without agents and tools: what else is asked is read from rows.
 */
export function timelineRelation(timeline: Timeline, range: Stretch, statement: Statement): string {
  const { companyId, filters, interval, group } = timeline;
  const hours = coverInside(range, interval === 'day' ? ['day', 'hour'] : ['hour']);
  if (isOfUses(timeline)) return usesRelation(companyId, filters, { parts: hours }, statement);
  if (filters.user_id === undefined) return countersRelation(timeline, hours, statement);
  if (interval === 'hour' || group === 'agent' || group === 'tool' || filters.agent_id !== undefined)
    return receivedRelation(timeline, range, statement);
  return countersRelation(timeline, coverInside(range, ['day']), statement);
}

function countersRelation({ companyId, filters }: Timeline, parts: Part[], statement: Statement): string {
  const rows = (stretch: Stretch) =>
    filters.user_id === undefined
      ? `select n.created_at as at, n.notification_type, ${ofRow('n')} from agent_actions n
          where ${onActions(companyId, filters, stretch, statement)}`
      : `select r.created_at as at, r.notification_type, ${ofRow('r')} from agent_action_recipients r
          where ${onRecipients(companyId, filters, stretch, statement)}`;
  const counters = (part: Part) =>
    `select starts_at as at, notification_type, ${OF_COUNTER} from agent_action_counters
      where ${onCounters(companyId, filters, part, statement)}`;
  return parts.map((part) => (part.by === 'rows' ? rows(part) : counters(part))).join(' union all ');
}

/** What a user received, with the agents and tools of the actions. */
function receivedRelation({ companyId, filters }: Timeline, range: Stretch, statement: Statement): string {
  return `select r.created_at as at, r.notification_type, ${ofRow('r')}, coalesce(n.agent_id, '') as agent_id,
                 tool_of(n.metadata) as tool
            from agent_action_recipients r join agent_actions n on n.id = r.notification_id
           where ${onRecipients(companyId, filters, range, statement)}`;
}
