import type { FeedItem, UnreadCount } from '@herald/contracts';
import { Database, FEED_ITEM } from '@herald/database';
import { Injectable } from '@nestjs/common';
import type { PersonCaller } from '../access/caller.js';
import { type Cursor, writeCursor } from '../validation/query-fields.js';

export interface FeedPage {
  tab: 'all' | 'ai';
  status?: string;
  limit: number;
  cursor?: Cursor;
}

/**
 * Selects half of a feed: messages that a person received, or that they wrote to others. Each half has its own index.
 */
const half = (mine: string) => `
  (select ${FEED_ITEM} from feed_messages
    where company_id = $1 and ${mine} and ($3 = 'all' or tab = $3) and ($4::text is null or status = $4)
      and ($5::timestamptz is null or (created_at, id) < ($5, $6::uuid))
    order by created_at desc, id desc limit $7)`;

const PAGE = `
  select * from (${half('recipient_login = $2')} union all ${half('author_login = $2 and recipient_login <> $2')}) mine
   order by "createdAt" desc, id desc limit $7`;

/** Reads feeds. */
@Injectable()
export class FeedQuery {
  constructor(private readonly database: Database) {}

  /** Returns a page of the messages where the person is recipient or author, newest first. */
  async page({ companyId, login }: PersonCaller, { tab, status, limit, cursor }: FeedPage) {
    const rows = await this.database.asCompany(companyId, (tx) =>
      tx.query<Omit<FeedItem, 'createdAt'> & { createdAt: Date }>(PAGE, [
        companyId,
        login,
        tab,
        status ?? null,
        cursor?.at ?? null,
        cursor?.id ?? null,
        limit + 1,
      ]),
    );
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    return { data, nextCursor: last ? writeCursor({ at: last.createdAt, id: last.id }) : null };
  }

  /** Returns how many received messages are unread, in total and by tab. */
  async unread({ companyId, login }: PersonCaller): Promise<UnreadCount> {
    const rows = await this.database.asCompany(companyId, (tx) =>
      tx.query<{ tab: string; unread: number }>(
        `select tab, count(*)::int as unread from feed_messages
          where company_id = $1 and recipient_login = $2 and status = 'unread' group by tab`,
        [companyId, login],
      ),
    );
    const byTab = { ai: 0, ...Object.fromEntries(rows.map(({ tab, unread }) => [tab, unread])) };
    return { unread: rows.reduce((sum, row) => sum + row.unread, 0), byTab };
  }
}
