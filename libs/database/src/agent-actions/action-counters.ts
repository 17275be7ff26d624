import { PRIORITIES, READ_STATES } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** The counting columns of `agent_action_counters`: one for each status and priority. */
export const COUNTER_CELLS = READ_STATES.flatMap((status) =>
  PRIORITIES.map((priority) => ({ status, priority, column: `${status}_${priority}` })),
);

const COLUMNS = COUNTER_CELLS.map(({ column }) => column);
const KEY = 'company_id, scope, scope_id, grain, starts_at, notification_type';

/** Number of rows per counter. Writers on different connections mostly update different rows and rarely wait. */
const SHARDS = 16;

/** Returns the counting columns over rows by status and priority, each row with the given weight. */
export const cellsOf = (weight: string): string =>
  COUNTER_CELLS.map(
    ({ status, priority, column }) =>
      `coalesce(sum(${weight}) filter (where status = '${status}' and priority = '${priority}'), 0) as ${column}`,
  ).join(', ');

/** The scopes in which an action counts, besides those of its users. */
const SCOPES = `lateral (values ('company', ''), ('agent', agent_id), ('sender', sender_id::text)) s(scope, scope_id)`;

/** Returns the actions of `relation`, one row for each scope, as input for `count`. */
export const countedActions = (relation: string, status = 'status', weight = '1'): string => `
  select company_id, s.scope, s.scope_id, created_at, notification_type, priority, ${status} as status, ${weight} as n
    from ${relation}, ${SCOPES} where s.scope_id is not null`;

/** Returns the recipients of `relation`, each with the user's own status, as input for `count`. */
export const countedRecipients = (relation: string, status = 'status', weight = '1'): string => `
  select company_id, 'user' as scope, user_id::text as scope_id, created_at, notification_type, priority,
         ${status} as status, ${weight} as n
    from ${relation}`;

const GRAINS = `lateral (values ('all', '-infinity'), ('day', date_trunc('day', created_at, 'UTC')),
                                ('hour', date_trunc('hour', created_at, 'UTC'))) g(grain, starts_at)`;
/** Hours are counted for the company alone: for an agent or user, the rows of a day are few enough to count. */
const KEPT = `(grain <> 'hour' or scope = 'company')`;

/** Sums up `changes` by the key of the counters. */
const summed = (changes: string): string => `
  select ${KEY}, ${cellsOf('n')} from (${changes}) c, ${GRAINS} where ${KEPT} group by ${KEY}`;

/**
 * Adds `changes` (rows of company_id, scope, scope_id, created_at, notification_type, priority, status, n) to the
 * counters, in the order of their keys, so that two writers cannot deadlock.
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

/** A single statement, so that both sides come from one snapshot while writers are active. */
const DIFFERENCES = `
  with kept as (
    select ${KEY}, ${total} from agent_action_counters group by ${KEY} having ${anyCounted}),
  counted as (
    ${summed(`${countedActions('agent_actions')} union all ${countedRecipients('agent_action_recipients')}`)})
  select distinct ${KEY} from ((table kept except table counted) union (table counted except table kept)) differing limit 100`;

/**
 * Compares the counters with a recount of all rows, in one snapshot. Returns up to 100 keys whose figures differ. It
 * reads every row: use it in tests and after a restore.
 */
export function compareCounters(sql: Sql): Promise<CounterDifference[]> {
  return sql.query<CounterDifference & Record<string, unknown>>(DIFFERENCES);
}
