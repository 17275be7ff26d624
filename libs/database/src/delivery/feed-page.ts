import type { FeedItem, MessageState } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { FEED_ITEM } from './feed-item.js';
import { RANGES } from './feed-ranges.js';

/** A page of a feed. */
export interface PageOfFeed {
  box: 'all' | 'received' | 'sent';
  tab: 'all' | 'ai';
  status?: MessageState;
  limit: number;
  /** The last message of the previous page. */
  cursor?: { at: Date; id: string };
}

type FeedRow = Omit<FeedItem, 'createdAt'> & { createdAt: Date };

/** Selects messages in the order of an index. */
const range = (condition: string) => `
  (select ${FEED_ITEM} from feed_messages
    where company_id = $1 and ${condition} and ($3 = 'all' or tab = $3)
      and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
    order by created_at desc, id desc limit $6)`;

type Status = PageOfFeed['status'];
const received = (status: Status) =>
  status ? RANGES[status].map((of) => range(`recipient_login = $2 and ${of}`)) : [range('recipient_login = $2')];
const sent = (status: Status, more = '') => [
  range(`author_login = $2${more}${status ? ` and status = '${status}'` : ''}`),
];

/** A message to oneself is in both boxes, and once in all. */
const BOXES: Record<PageOfFeed['box'], (status: Status) => string[]> = {
  received,
  sent,
  all: (status) => [...received(status), ...sent(status, ' and recipient_login <> $2')],
};

/** $1 company, $2 login, $3 tab, $4 time and $5 id of the cursor or null, $6 limit. */
const pageOf = ({ box, status }: PageOfFeed) => `
  select * from (${BOXES[box](status).join(' union all ')}) mine order by "createdAt" desc, id desc limit $6`;

/**
 * Returns a page of the messages that a person received, wrote or both, newest first. One extra row shows whether another page
 * follows.
 */
export function readFeed(tx: Sql, companyId: string, login: string, page: PageOfFeed): Promise<FeedRow[]> {
  const { tab, limit, cursor } = page;
  return tx.query<FeedRow>(pageOf(page), [companyId, login, tab, cursor?.at ?? null, cursor?.id ?? null, limit + 1]);
}
