import type { Sql } from '../../connection/database.js';

/** $1 queue, $2 limit. Unpublished and published messages are counted by an index each, up to the limit. */
const COUNT = 'select owed_messages($1, true, $2) + owed_messages($1, false, $2) as owed';

/** Returns the number of messages that a queue is owed; counting ends at about `limit`. */
export async function countOwed(sql: Sql, queue: string, limit: number): Promise<number> {
  const [row] = await sql.query<{ owed: number }>(COUNT, [queue, limit]);
  return row?.owed ?? 0;
}
