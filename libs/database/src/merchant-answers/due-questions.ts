import { merchantTenant } from '@herald/contracts';
import type { Sql } from '../connection/database.js';
import { insertEvents, WITH_EVENT_ID } from './question-event.js';

/** A question that was marked because its time had come. */
export interface MarkedQuestion {
  merchantId: number;
  /** Seconds from its end, by the database's clock. Negative for one that has not ended. */
  sinceEnd: number;
}

/** In the order of the index, so that the planner does not look for a first match among all that have ended. */
const FIRST = (due: string) => `
  (select ${due} from notifications where status = 'requested' and ${due} is not null order by ${due} limit 1)`;

/** Cheap enough to be asked several times a second: it looks at the first entry of an index each. */
const FIND_DUE = `
  select coalesce(${FIRST('expires_at')} <= now(), false) as ended,
         coalesce(${FIRST('remind_at')} <= now(), false) as reminders`;

/** $1 limit. Locks open questions whose time has come, the oldest first; those that others have locked are left out. */
const TAKE = (due: string, condition: string) => `
  select id, merchant_id from notifications where status = 'requested' and ${condition}
   order by ${due} limit $1 for update skip locked`;
const TAKE_ENDED = TAKE('expires_at', 'expires_at <= now()');
const TAKE_REMINDERS = TAKE('remind_at', 'remind_at <= now() and expires_at > now()');

/** $1 questions, $2 the tenants of their merchants, by the merchant's id, $3 true to write their events. */
const MARK = (happening: 'expired' | 'reminded', change: string) => `
  with marked as (
    update notifications set ${change} where id = any($1::bigint[]) returning ${WITH_EVENT_ID}),
  event as (${insertEvents(
    { happening, rows: 'marked', at: 'now()', tenant: '($2::jsonb ->> n.merchant_id::text)::uuid' },
    '$3::boolean',
  )})
  select merchant_id::float8 as "merchantId",
         extract(epoch from clock_timestamp() - expires_at)::float8 as "sinceEnd" from marked`;
const MARK_ENDED = MARK('expired', `status = 'expired', updated_at = now()`);
const MARK_REMINDED = MARK('reminded', 'remind_at = null');

/** Returns whether any open question has come to its end, and whether any is to be reminded of. */
export async function findDue(sql: Sql): Promise<{ ended: boolean; reminders: boolean }> {
  const [due] = await sql.query<{ ended: boolean; reminders: boolean }>(FIND_DUE);
  return due as { ended: boolean; reminders: boolean };
}

/** Ends questions whose time is over, at most `limit`, and returns them. */
export const expireQuestions = (tx: Sql, limit: number, writesEvents: boolean): Promise<MarkedQuestion[]> =>
  mark(tx, { take: TAKE_ENDED, mark: MARK_ENDED }, limit, writesEvents);

/** Writes the reminders that are due, at most `limit`, each once, and returns their questions. */
export const remindOfQuestions = (tx: Sql, limit: number, writesEvents: boolean): Promise<MarkedQuestion[]> =>
  mark(tx, { take: TAKE_REMINDERS, mark: MARK_REMINDED }, limit, writesEvents);

async function mark(
  tx: Sql,
  statements: { take: string; mark: string },
  limit: number,
  writesEvents: boolean,
): Promise<MarkedQuestion[]> {
  const due = await tx.query<{ id: string; merchant_id: string }>(statements.take, [limit]);
  const tenants = Object.fromEntries(due.map(({ merchant_id }) => [merchant_id, merchantTenant(Number(merchant_id))]));
  return tx.query<MarkedQuestion & Record<string, unknown>>(statements.mark, [
    due.map(({ id }) => id),
    JSON.stringify(tenants),
    writesEvents,
  ]);
}
