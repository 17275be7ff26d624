import type { Snapshot, Sql } from '../connection/database.js';
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
}

/**
 * Reads the changes of one stream. Only transactions before the oldest one in progress are read, so that none commits
 * behind the stream's back, however long it takes.
 * @param condition SQL for the rows that concern the stream, with parameters from $4 on
 */
export async function readChanges<Item>(
  snapshot: Snapshot,
  { table, item, joins = '', ids }: Followed,
  { condition, values }: { condition: string; values: unknown[] },
  after: Position,
  limit: number,
): Promise<Changes<Item>> {
  const horizon = `$${values.length + 4}`;
  const found = await snapshot.query<{ changedIn: string; id: string }>(
    `select n.changed_in as "changedIn", ${item}
       from (select * from ${table}
              where ${condition} and changed_in >= $1 and changed_in < ${horizon}
                and ($2::${ids} is null or changed_in > $1 or id > $2)
              order by changed_in, id limit $3) n ${joins}
      order by n.changed_in, n.id`,
    [after.change, after.row ?? null, limit, ...values, snapshot.horizon],
  );
  const rows = found.map(({ changedIn: change, ...row }) => ({
    position: { change, row: String(row.id) },
    item: row as Item,
  }));
  const more = rows.length === limit;
  return { rows, more, position: (more && rows.at(-1)?.position) || { change: snapshot.horizon } };
}

/** Changes that a stream looks through, at most, for what it missed. */
const MAX_MISSED = 20_000;

/**
 * Returns true when more rows changed since a position than a stream looks through.
 * @param owner column of the company or merchant, and its value
 */
export async function isTooOld(
  snapshot: Snapshot,
  { table }: Followed,
  [column, value]: [column: string, value: unknown],
  { change }: Position,
): Promise<boolean> {
  const beyond = await snapshot.query(
    `select from ${table} where ${column} = $1 and changed_in >= $2 and changed_in < $3
      order by changed_in offset ${MAX_MISSED} limit 1`,
    [value, change, snapshot.horizon],
  );
  return beyond.length > 0;
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
