import type { UnreadCount } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** $1 company, $2 login. */
const COUNT_UNREAD = `
  select tab, count(*)::int as unread from feed_messages
   where company_id = $1 and recipient_login = $2 and status = 'unread' group by tab`;

/** Returns how many received messages are unread, in total and by tab. */
export async function countUnread(tx: Sql, companyId: string, login: string): Promise<UnreadCount> {
  const rows = await tx.query<{ tab: string; unread: number }>(COUNT_UNREAD, [companyId, login]);
  const byTab = { ai: 0, ...Object.fromEntries(rows.map(({ tab, unread }) => [tab, unread])) };
  return { unread: rows.reduce((sum, row) => sum + row.unread, 0), byTab };
}
