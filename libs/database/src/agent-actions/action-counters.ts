import { PRIORITIES, READ_STATES } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** The columns of `agent_action_counters` that count: one for each status and priority. */
export const COUNTER_CELLS = READ_STATES.flatMap((status) =>
  PRIORITIES.map((priority) => ({ status, priority, column: `${status}_${priority}` })),
);

const COLUMNS = COUNTER_CELLS.map(({ column }) => column);
const KEY = 'company_id, scope, scope_id, grain, starts_at, notification_type';

/** Writers of one connection share rows with few others: nobody waits long for a counter that everybody needs. */
const SHARDS = 16;

/** The rows of `relation` counted by status and priority, `weight` each, as the counting columns. */
export const cellsOf = (weight: string): string =>
  COUNTER_CELLS.map(
    ({ status, priority, column }) =>
      `coalesce(sum(${weight}) filter (where status = '${status}' and priority = '${priority}'), 0) as ${column}`,
  ).join(', ');

/** Whom an action concerns, besides its users. */
const SCOPES = `lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s(scope, scope_id)`;

/** The actions of `relation`, each once for everyone it concerns: what COUNT takes. */
export const countedActions = (relation: string, status = 'status', weight = '1'): string => `
  select company_id, s.scope, s.scope_id, created_at, notification_type, priority, ${status} as status, ${weight} as n
    from ${relation}, ${SCOPES} where s.scope_id is not null`;

/** The recipients of `relation`, each counted for its user by the user's own status. */
export const countedRecipients = (relation: string, status = 'status', weight = '1'): string => `
  select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
         ${status} as status, ${weight} as n
    from ${relation}`;

const GRAINS = `lateral (values ('all', '-infinity'), ('day', date_trunc('day', created_at, 'UTC')),
                                ('hour', date_trunc('hour', created_at, 'UTC'))) g(grain, starts_at)`;
/** Hours are kept of the company alone: of a single agent or user, a day is little enough to count. */
const KEPT = `(grain <> 'hour' or scope = 'company')`;

/** What `changes` adds up to, by the key of the counters. */
const summed = (changes: string): string => `
  select ${KEY}, ${cellsOf('n')} from (${changes}) c, ${GRAINS} where ${KEPT} group by ${KEY}`;

/**
 * Adds `changes` (rows of company_id, scope, scope_id, created_at, notification_type, priority, status, n) to the
 * counters. In the order of their keys, so that two writers never wait for each other in a circle.
 */
export const count = (changes: string): string => `
  insert into agent_action_counters as counter (${KEY}, shard, ${COLUMNS.join(', ')})
  select ${KEY}, pg_backend_pid() % ${SHARDS}, ${COLUMNS.join(', ')} from (${summed(changes)}) added order by ${KEY}
      on conflict (${KEY}, shard) do update
     set ${COLUMNS.map((column) => `${column} = counter.${column} + excluded.${column}`).join(', ')}`;

export interface CounterDifference {
  company_id: string;
  scope: string;
  scope_id: string;
  grain: string;
  starts_at: Date;
  notification_type: string;
}

const total = COLUMNS.map((column) => `sum(${column}) as ${column}`).join(', ');
const anyCounted = COLUMNS.map((column) => `sum(${column}) <> 0`).join(' or ');

/** One statement sees one snapshot: writers may be at work. */
const DIFFERENCES = `
  with kept as (
    select ${KEY}, ${total} from agent_action_counters group by ${KEY} having ${anyCounted}),
  counted as (
    ${summed(`${countedActions('agent_actions')} union all ${countedRecipients('agent_action_recipients')}`)})
  select distinct ${KEY} from ((table kept except table counted) union (table counted except table kept)) differing limit 100`;

/**
 * Compares the counters with a recount of all rows, in one snapshot. Empty when they are right; else up to 100 keys whose
 * figures differ. Reads every row: for tests and for checks after a restore.
 */
export function compareCounters(sql: Sql): Promise<CounterDifference[]> {
  return sql.query<CounterDifference & Record<string, unknown>>(DIFFERENCES);
}
