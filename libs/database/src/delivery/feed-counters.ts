import type { UnreadCount } from '@herald/contracts';
import type { Sql } from '../connection/database.js';

/** $1 company, $2 login. Triggers of `feed_messages` keep the counters, whoever writes. */
const COUNT_UNREAD = `
  select tab, sum(unread)::int as unread, sum(unseen)::int as unseen from feed_counters
   where company_id = $1 and login = $2 group by tab`;

/** Returns how many received messages are unread, in total and by tab, and how many of them are unseen. */
export async function countUnread(tx: Sql, companyId: string, login: string): Promise<UnreadCount> {
  const rows = await tx.query<{ tab: string; unread: number; unseen: number }>(COUNT_UNREAD, [companyId, login]);
  const sumOf = (figure: 'unread' | 'unseen') => rows.reduce((sum, row) => sum + row[figure], 0);
  const byTab = { ai: 0, ...Object.fromEntries(rows.map(({ tab, unread }) => [tab, unread])) };
  return { unread: sumOf('unread'), unseen: sumOf('unseen'), byTab };
}

/** A single statement, so that both sides come from one snapshot while writers are active. */
const DIFFERENCES = `
  with kept as (
    select company_id, login, tab, sum(unread) as unread, sum(unseen) as unseen from feed_counters
     group by company_id, login, tab having sum(unread) <> 0 or sum(unseen) <> 0),
  counted as (
    select company_id, recipient_login, tab, count(*)::numeric, (count(*) filter (where seen_at is null))::numeric
      from feed_messages where status = 'unread' group by company_id, recipient_login, tab)
  select distinct company_id, login, tab
    from ((table kept except table counted) union (table counted except table kept)) differing limit 100`;

/**
 * Compares the counters with a recount of all rows, in one snapshot. Returns up to 100 keys whose figures differ. It
 * reads every unread row: use it in tests and after a restore.
 */
export const compareFeedCounters = (sql: Sql) =>
  sql.query<{ company_id: string; login: string; tab: string }>(DIFFERENCES);
