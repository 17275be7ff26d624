import type { Sql } from '../connection/database.js';

/** $1 company, $2 login. */
const FIND_USER_ID = 'select id from users where company_id = $1 and login = $2';

/** Returns the user id of a login; undefined when the company's directory has no such login. */
export async function findUserId(sql: Sql, companyId: string, login: string): Promise<string | undefined> {
  const [user] = await sql.query<{ id: string }>(FIND_USER_ID, [companyId, login]);
  return user?.id;
}
