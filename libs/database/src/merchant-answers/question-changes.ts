import type { NotificationItem } from '@herald/contracts';
import type { Snapshot } from '../connection/database.js';
import { type Changes, isTooOld, readChanges } from '../live/changes.js';
import type { Position } from '../live/position.js';
import { NOTIFICATION_ITEM, WITH_LEAD } from './list-notifications.js';

const QUESTIONS = { table: 'question_changes', item: NOTIFICATION_ITEM, joins: WITH_LEAD, ids: 'bigint' } as const;

/** A question as the list shows it, or one that was deleted: it has no status. */
export type ChangedQuestion =
  | (Omit<NotificationItem, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date })
  | { id: number; status: null };

/** Returns the questions of a merchant that were asked, changed or deleted after a position. */
export const readQuestionChanges = (
  sql: Snapshot,
  merchantId: number,
  after: Position,
  limit: number,
): Promise<Changes<ChangedQuestion>> =>
  readChanges(sql, QUESTIONS, { condition: 'merchant_id = $4', values: [merchantId] }, after, limit);

/** Returns true when too many questions of a merchant have changed since a position to look through them. */
export const isQuestionPositionTooOld = (sql: Snapshot, merchantId: number, position: Position): Promise<boolean> =>
  isTooOld(sql, QUESTIONS, ['merchant_id', merchantId], position);
