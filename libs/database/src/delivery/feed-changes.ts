import type { FeedItem } from '@herald/contracts';
import type { Snapshot } from '../connection/database.js';
import { type Changes, isTooOld, readChanges } from '../live/changes.js';
import type { Position } from '../live/position.js';
import { FEED_ITEM } from './feed-item.js';

const MESSAGES = { table: 'feed_messages', item: FEED_ITEM, ids: 'uuid' } as const;
/** $4 company, $5 login. */
const OWN = 'company_id = $4 and (recipient_login = $5 or author_login = $5)';

/** Returns the messages of a feed that came or changed after a position. */
export function readFeedChanges(
  sql: Snapshot,
  { companyId, login }: { companyId: string; login: string },
  after: Position,
  limit: number,
): Promise<Changes<FeedItem>> {
  return readChanges(sql, MESSAGES, { condition: OWN, values: [companyId, login] }, after, limit);
}

/** Returns true when too much has changed in a company since a position to look through it. */
export const isFeedPositionTooOld = (sql: Snapshot, companyId: string, position: Position): Promise<boolean> =>
  isTooOld(sql, MESSAGES, ['company_id', companyId], position);
