import type { FeedItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { FEED_ITEM } from './feed-item.js';

/** A message of a company, and the person who wants to change it. */
interface ChangedMessage {
  companyId: string;
  messageId: string;
  login: string;
}

/** $1 message, $2 company, $3 recipient, $4 status. */
const SET_STATUS = `
  update feed_messages set status = $4, read_at = case $4 when 'unread' then null
                                                           when 'read' then coalesce(read_at, now())
                                                           else read_at end
   where id = $1 and company_id = $2 and recipient_login = $3 returning ${FEED_ITEM}`;

/** $1 message, $2 company, $3 author. */
const FIND_WRITTEN = 'select id from feed_messages where id = $1 and company_id = $2 and author_login = $3';

/**
 * $1 company, $2 recipient. Rows are locked in order, so that two of these at the same time do not wait for each other.
 */
const READ_ALL = `
  with unread as (
    select id from feed_messages where company_id = $1 and recipient_login = $2 and status = 'unread'
     order by created_at, id for update)
  update feed_messages f set status = 'read', read_at = coalesce(read_at, now())
    from unread where f.id = unread.id returning f.id`;

/** Returns the changed message, or undefined when the person is not its recipient. */
export async function setFeedStatus(
  tx: Sql,
  { companyId, messageId, login }: ChangedMessage,
  status: string,
): Promise<FeedItem | undefined> {
  const [item] = await tx.query<FeedItem>(SET_STATUS, [messageId, companyId, login, status]);
  return item;
}

/** Returns whether the person is the author of the message. */
export async function hasWritten(tx: Sql, { companyId, messageId, login }: ChangedMessage): Promise<boolean> {
  return (await tx.query(FIND_WRITTEN, [messageId, companyId, login])).length > 0;
}

/** Marks all unread messages of a person as read; returns their number. */
export async function readAllOfFeed(tx: Sql, companyId: string, login: string): Promise<number> {
  return (await tx.query(READ_ALL, [companyId, login])).length;
}
