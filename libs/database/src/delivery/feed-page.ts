import type { FeedItem } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { FEED_ITEM } from './feed-item.js';

/** A page of a feed. */
export interface PageOfFeed {
  box: 'all' | 'received' | 'sent';
  tab: 'all' | 'ai';
  status?: string;
  limit: number;
  /** The last message of the previous page. */
  cursor?: { at: Date; id: string };
}

type FeedRow = Omit<FeedItem, 'createdAt'> & { createdAt: Date };

/**
 * Selects half of a feed: messages that a person received, or that they wrote to others. Each half has its own index.
 */
const half = (mine: string) => `
  (select ${FEED_ITEM} from feed_messages
    where company_id = $1 and ${mine} and ($3 = 'all' or tab = $3) and ($4::text is null or status = $4)
      and ($5::timestamptz is null or (created_at, id) < ($5, $6::uuid))
    order by created_at desc, id desc limit $7)`;

/** A message to oneself is in both boxes, and once in all. */
const BOXES = {
  received: half('recipient_login = $2'),
  sent: half('author_login = $2'),
  all: `(${half('recipient_login = $2')} union all ${half('author_login = $2 and recipient_login <> $2')})`,
};

/** $1 company, $2 login, $3 tab, $4 status or null, $5 time and $6 id of the cursor or null, $7 limit. */
const pageOf = (box: keyof typeof BOXES) => `
  select * from ${BOXES[box]} mine order by "createdAt" desc, id desc limit $7`;

/**
 * Returns a page of the messages that a person received, wrote or both, newest first. One extra row shows whether another page
 * follows.
 */
export function readFeed(tx: Sql, companyId: string, login: string, page: PageOfFeed): Promise<FeedRow[]> {
  const { box, tab, status, limit, cursor } = page;
  return tx.query<FeedRow>(pageOf(box), [
    companyId,
    login,
    tab,
    status ?? null,
    cursor?.at ?? null,
    cursor?.id ?? null,
    limit + 1,
  ]);
}
