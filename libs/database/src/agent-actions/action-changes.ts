import type { ActionItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { type Changes, readChanges } from '../live/changes.js';
import type { Position } from '../live/position.js';
import { ACTION_ITEM, WITH_SENDER } from './action-item.js';

const ACTIONS = {
  table: 'agent_actions',
  item: `${ACTION_ITEM}, n.agent_id, n.query_id`,
  joins: WITH_SENDER,
  ids: 'uuid',
} as const;

/** An action with the columns by which lists are filtered. */
export type ChangedAction = Omit<ActionItem, 'created_at' | 'updated_at'> &
  Record<'created_at' | 'updated_at', Date> &
  Record<'agent_id' | 'query_id', string | null>;

/** Returns the actions of a company that were recorded or changed after a position. */
export function readActionChanges(
  sql: Sql,
  companyId: string,
  after: Position,
  limit: number,
): Promise<Changes<ChangedAction>> {
  return readChanges(sql, ACTIONS, { condition: 'company_id = $4', values: [companyId] }, after, limit);
}
