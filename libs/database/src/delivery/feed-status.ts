import type { FeedItem, MarkedMessage } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { FEED_ITEM, SEEN_AT } from './feed-item.js';

/** A message of a company, and the person who wants to change it. */
interface ChangedMessage {
  companyId: string;
  messageId: string;
  login: string;
}

/** Sets the status $4. A trigger sets `seen_at`. */
const STATUS = `status = $4, read_at = case $4 when 'unread' then null when 'read' then coalesce(read_at, now()) else read_at end`;

/** $1 message, $2 company, $3 recipient, $4 status. */
const SET_STATUS = `
  update feed_messages set ${STATUS}
   where id = $1 and company_id = $2 and recipient_login = $3 returning ${FEED_ITEM}`;

/**
 * $1 messages, $2 company, $3 recipient, $4 status. Rows are locked in order, so that two of these at the same time do
 * not wait for each other.
 */
const SET_STATUSES = `
  with received as (
    select id from feed_messages where id = any($1::uuid[]) and company_id = $2 and recipient_login = $3
     order by created_at, id for update)
  update feed_messages set ${STATUS} where id = any(array(select id from received))
  returning id, status, read_at as "readAt", ${SEEN_AT} as "seenAt", author_login as "authorLogin"`;

/** $1 messages, $2 company, $3 author. */
const FIND_WRITTEN =
  'select id from feed_messages where id = any($1::uuid[]) and company_id = $2 and author_login = $3';

/** Returns the changed message, or undefined when the person is not its recipient. */
export async function setFeedStatus(
  tx: Sql,
  { companyId, messageId, login }: ChangedMessage,
  status: string,
): Promise<FeedItem | undefined> {
  const [item] = await tx.query<FeedItem>(SET_STATUS, [messageId, companyId, login, status]);
  return item;
}

/** Returns those of the messages that the person received, changed. */
export const setFeedStatuses = (
  tx: Sql,
  { companyId, ids, login }: { companyId: string; ids: string[]; login: string },
  status: string,
) => tx.query<MarkedMessage & { authorLogin: string }>(SET_STATUSES, [ids, companyId, login, status]);

/** Returns those of the messages that the person wrote. */
export async function findWritten(tx: Sql, companyId: string, ids: string[], login: string): Promise<string[]> {
  return (await tx.query<{ id: string }>(FIND_WRITTEN, [ids, companyId, login])).map(({ id }) => id);
}
