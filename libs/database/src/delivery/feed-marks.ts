import type { Mark } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { RANGES } from './feed-ranges.js';

/** A place in the feed's order. */
export interface Place {
  at: Date;
  id: string;
}

/** The messages that a person received, to be marked from the oldest on. */
export interface MarkedFeed {
  companyId: string;
  login: string;
  tab: string;
  mark: Mark;
  /** The last message to mark; by default the newest. */
  upTo?: Place;
}

/** The messages marked by one slice. */
export interface MarkedSlice {
  updated: number;
  /** Who wrote them. */
  authors: string[];
  /** Where the next slice begins; undefined after the last one. */
  next?: Place;
}

const MARKS: Record<Mark, { before: string[]; change: string }> = {
  read: { before: RANGES.unread, change: `status = 'read', read_at = coalesce(read_at, now())` },
  archived: { before: [...RANGES.unread, ...RANGES.read], change: `status = 'archived'` },
  seen: { before: RANGES.unseen, change: 'seen_at = now()' },
};

/** Selects the messages to mark, from each range of an index. */
const toMark = (mark: Mark) =>
  MARKS[mark].before
    .map(
      (before) => `
  (select id, created_at from feed_messages
    where company_id = $1 and recipient_login = $2 and ($3 = 'all' or tab = $3) and ${before}
      and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
      and ($6::timestamptz is null or (created_at, id) <= ($6, $7::uuid))
    order by created_at, id limit $8)`,
    )
    .join(' union all ');

/**
 * $1 company, $2 recipient, $3 tab, $4 time and $5 id of the message before the slice or null, $6 and $7 of the last
 * message to mark or null, $8 limit. Rows are locked in order, so that two of these at the same time do not wait for
 * each other. What another one marked meanwhile is left out, and still counts as looked at.
 */
const markSlice = (mark: Mark) => `
  with slice as materialized (
    select id, created_at from (${toMark(mark)}) unmarked order by created_at, id limit $8),
  locked as (
    select id from feed_messages where id = any(array(select id from slice)) and (${MARKS[mark].before.join(' or ')})
     order by created_at, id for update),
  marked as (
    update feed_messages set ${MARKS[mark].change} where id = any(array(select id from locked)) returning author_login)
  select (select count(*) from marked)::int as updated, array(select distinct author_login from marked) as authors,
         (select count(*) from slice)::int as looked, last.created_at as at, last.id
    from (select) one
    left join lateral (select created_at, id from slice order by created_at desc, id desc limit 1) last on true`;

/** Parameters as for `markSlice`. Counts what is left to mark, up to the limit. */
const countLeft = (mark: Mark) =>
  `select count(*)::int as left from (select from (${toMark(mark)}) unmarked limit $8) remaining`;

/** $1 message, $2 company, $3 login. */
const FIND_PLACE = `
  select created_at as at, id from feed_messages where id = $1 and company_id = $2 and $3 in (recipient_login, author_login)`;

const valuesOf = ({ companyId, login, tab, upTo }: MarkedFeed, after: Place | undefined, limit: number) => [
  companyId,
  login,
  tab,
  after?.at ?? null,
  after?.id ?? null,
  upTo?.at ?? null,
  upTo?.id ?? null,
  limit,
];

/** Marks the next messages of a feed after a place, at most `limit`. */
export async function markFeed(
  tx: Sql,
  feed: MarkedFeed,
  after: Place | undefined,
  limit: number,
): Promise<MarkedSlice> {
  const [slice] = await tx.query<MarkedSlice & Place & { looked: number }>(
    markSlice(feed.mark),
    valuesOf(feed, after, limit),
  );
  const { updated, authors, looked, at, id } = slice as NonNullable<typeof slice>;
  return { updated, authors, next: looked === limit ? { at, id } : undefined };
}

/** Counts the messages of a feed that are left to mark after a place, up to `limit`. */
export async function countLeftOfFeed(tx: Sql, feed: MarkedFeed, after: Place, limit: number): Promise<number> {
  const [row] = await tx.query<{ left: number }>(countLeft(feed.mark), valuesOf(feed, after, limit));
  return row?.left ?? 0;
}

/** Returns the place of a message in the feed of a person, who received or wrote it. */
export async function findPlace(
  tx: Sql,
  { companyId, login }: Pick<MarkedFeed, 'companyId' | 'login'>,
  id: string,
): Promise<Place | undefined> {
  const [place] = await tx.query<Place>(FIND_PLACE, [id, companyId, login]);
  return place;
}
