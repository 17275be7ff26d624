import type { Sql } from '../../connection/database.js';
import { ageOfOldest, type Kept } from './remove-old.js';

/**
 * Removes records of requests. The functions leave those whose messages are still owed, and those that are younger
 * than a day, whatever a gateway asks for.
 */
export const REQUESTS: Kept = {
  name: 'requests',
  table: 'requests',
  unit: 'hours',
  isRoutine: true,
  lock: 'select id from old_requests($1, $2) as id',
  remove: 'select forget_requests($1, 24)',
  oldest: ageOfOldest('requests', 'created_at'),
};

/** $1 ids, $2 hours. */
const FORGET = 'select forget_requests($1, $2)';

/** Forgets those of the requests that are older than `hours`, so that their keys are free. */
export async function forgetRequests(sql: Sql, ids: string[], hours: number): Promise<void> {
  await sql.query(FORGET, [ids, hours]);
}
