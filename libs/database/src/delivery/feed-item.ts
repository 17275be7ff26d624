import type { FeedItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** When a message was seen: what was read before that was recorded was seen when it was read. */
export const SEEN_AT = 'coalesce(seen_at, read_at)';

/** Columns of `feed_messages`, named as in `FeedItem`. */
export const FEED_ITEM = `id, tab, title, body, author_login as "authorLogin", recipient_login as "recipientLogin", question,
  metadata, status, read_at as "readAt", ${SEEN_AT} as "seenAt", created_at as "createdAt", delivered_at as "deliveredAt"`;

/** $1 message, $2 company, $3 login. */
const FIND = `
  select ${FEED_ITEM} from feed_messages where id = $1 and company_id = $2 and $3 in (recipient_login, author_login)`;

/** Returns a message that a person received or wrote. */
export async function findFeedItem(
  tx: Sql,
  { companyId, login }: { companyId: string; login: string },
  id: string,
): Promise<FeedItem | undefined> {
  const [item] = await tx.query<FeedItem>(FIND, [id, companyId, login]);
  return item;
}
