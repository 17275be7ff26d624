import type { ActionItem } from '@herald/contracts';
import type { Snapshot } from '../connection/database.js';
import { type Changes, isTooOld, readChanges } from '../live/changes.js';
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
  sql: Snapshot,
  companyId: string,
  after: Position,
  limit: number,
): Promise<Changes<ChangedAction>> {
  return readChanges(sql, ACTIONS, { condition: 'company_id = $4', values: [companyId] }, after, limit);
}

/** Returns true when too many actions of a company have changed since a position to look through them. */
export const isLogPositionTooOld = (sql: Snapshot, companyId: string, position: Position): Promise<boolean> =>
  isTooOld(sql, ACTIONS, ['company_id', companyId], position);
