import type { Sql } from '../connection/database.js';

/** $1 company, $2 type. */
const FIND_TYPE = `
  select from agent_action_counters where company_id = $1 and scope = 'company' and scope_id = '' and grain = 'all'
     and starts_at = '-infinity' and notification_type = $2 limit 1`;

/**
 * Returns whether the company uses an unlisted type, which may then be queried (contracts README, "Notification types
 * and priorities").
 */
export async function isTypeInUse(tx: Sql, companyId: string, type: string): Promise<boolean> {
  return (await tx.query(FIND_TYPE, [companyId, type])).length > 0;
}
