import type { Sql } from '../connection/database.js';

/** $1 names. Returns those that are names of notification types. */
const FIND_KNOWN_TYPES = 'select name from notification_types where name = any($1)';

export const findKnownTypes = async (sql: Sql, names: string[]): Promise<string[]> =>
  (await sql.query<{ name: string }>(FIND_KNOWN_TYPES, [names])).map(({ name }) => name);
