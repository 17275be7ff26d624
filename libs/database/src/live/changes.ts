import type { Sql } from '../connection/database.js';
import type { Position } from './position.js';

/** A kind of row that streams follow. */
export interface Followed {
  table: string;
  /** SQL of an item of the list, for a row `n`. */
  item: string;
  /** SQL that joins what the item needs to `n`. */
  joins?: string;
  ids: 'uuid' | 'bigint';
}

/** Rows that changed after a position, in the order of commits. */
export interface Changes<Item> {
  rows: { position: Position; item: Item }[];
  /** True when there are more after the last row. */
  more: boolean;
  /** The place up to which nothing is missing: where to go on. */
  position: Position;
  /** Transactions that had begun by then are all covered by changes whose position has reached this. */
  begun: string;
}

type Row = { horizon: string; begun: string; changedIn: string | null; id: string | number };

/**
 * Reads the changes of one stream. Only transactions before the oldest one in progress are read, so that none commits
 * behind the stream's back, however long it takes.
 * @param condition SQL for the rows that concern the stream, with parameters from $4 on
 */
export async function readChanges<Item>(
  sql: Sql,
  { table, item, joins = '', ids }: Followed,
  { condition, values }: { condition: string; values: unknown[] },
  after: Position,
  limit: number,
): Promise<Changes<Item>> {
  const found = await sql.query<Row>(
    `select snapshot.horizon, snapshot.begun, c.*
       from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon,
                    pg_snapshot_xmax(pg_current_snapshot())::text::bigint as begun) snapshot
       left join lateral (
         select n.changed_in as "changedIn", ${item}
           from (select * from ${table}
                  where ${condition} and changed_in >= $1 and changed_in < snapshot.horizon
                    and ($2::${ids} is null or changed_in > $1 or id > $2)
                  order by changed_in, id limit $3) n ${joins}) c on true
      order by c."changedIn", c.id`,
    [after.change, after.row ?? null, limit, ...values],
  );
  const [{ horizon, begun }] = found as [Row];
  const rows = found
    .filter(({ changedIn }) => changedIn !== null)
    .map(({ horizon: _, begun: __, changedIn, ...row }) => ({
      position: { change: changedIn as string, row: String(row.id) },
      item: row as Item,
    }));
  const more = rows.length === limit;
  return { rows, more, begun, position: (more && rows.at(-1)?.position) || { change: horizon } };
}

/** Returns the position of all that is committed, or of slightly less while transactions are in progress. */
export async function currentPosition(sql: Sql): Promise<Position> {
  const [row] = await sql.query<{ horizon: string }>('select pg_snapshot_xmin(pg_current_snapshot())::text as horizon');
  return { change: (row as { horizon: string }).horizon };
}

/** Returns which of the audiences have changes from `after` on, before `until`. */
export async function changedAudiences(sql: Sql, after: string, until: string, audiences: string[]): Promise<string[]> {
  const rows = await sql.query<{ audience: string }>('select changed_audiences($1, $2, $3) as audience', [
    after,
    until,
    audiences,
  ]);
  return rows.map(({ audience }) => audience);
}
