import type { Sql } from '../connection/database.js';

/** $1 correlationId. Removes a command that had its effect from the outbox and the dead letters. */
const SETTLE_COMMAND = `
  with taken as (delete from outbox where id = $1 and queue = 'merchant-answers')
  delete from dead_letters where correlation_id = $1 and queue = 'merchant-answers'`;

export async function settleCommand(sql: Sql, id: string): Promise<void> {
  await sql.query(SETTLE_COMMAND, [id]);
}
