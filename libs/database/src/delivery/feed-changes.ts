import type { FeedItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { type Changes, readChanges } from '../live/changes.js';
import type { Position } from '../live/position.js';
import { FEED_ITEM } from './feed-item.js';

const MESSAGES = { table: 'feed_messages', item: FEED_ITEM, ids: 'uuid' } as const;
/** $4 company, $5 login. */
const OWN = 'company_id = $4 and (recipient_login = $5 or author_login = $5)';

/** Returns the messages of a feed that came or changed after a position. */
export function readFeedChanges(
  sql: Sql,
  { companyId, login }: { companyId: string; login: string },
  after: Position,
  limit: number,
): Promise<Changes<FeedItem>> {
  return readChanges(sql, MESSAGES, { condition: OWN, values: [companyId, login] }, after, limit);
}
