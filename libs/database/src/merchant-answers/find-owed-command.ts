import type { Sql } from '../connection/database.js';

/** $1 correlationId. Returns the job and the body of a command that is owed. */
const FIND_OWED_COMMAND = `select job, body from outbox where id = $1 and queue = 'merchant-answers'`;

export async function findOwedCommand(sql: Sql, id: string): Promise<{ job: string; body: object } | undefined> {
  const [command] = await sql.query<{ job: string; body: object }>(FIND_OWED_COMMAND, [id]);
  return command;
}
