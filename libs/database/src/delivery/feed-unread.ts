import type { Sql } from '../connection/database.js';

/** $1 company, $2 login. */
const COUNT_UNREAD = `
  select tab, count(*)::int as unread from feed_messages
   where company_id = $1 and recipient_login = $2 and status = 'unread' group by tab`;

/** Returns the number of a person's unread messages in each tab that has any. */
export function countUnread(tx: Sql, companyId: string, login: string): Promise<{ tab: string; unread: number }[]> {
  return tx.query<{ tab: string; unread: number }>(COUNT_UNREAD, [companyId, login]);
}
