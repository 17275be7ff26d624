import type { Sql } from '../connection/database.js';

/** Number of a merchant's notifications of one status and type. */
interface NotificationCount {
  status: string;
  notification_type: string;
  count: number;
}

/** $1 merchant. */
const COUNT_NOTIFICATIONS = `
  select status, notification_type, sum(count)::float8 as count from notification_counters where merchant_id = $1
   group by status, notification_type having sum(count) > 0 order by notification_type, status`;

/** Returns the counts that are not 0. */
export const countNotifications = (sql: Sql, merchantId: number): Promise<NotificationCount[]> =>
  sql.query<NotificationCount & Record<string, unknown>>(COUNT_NOTIFICATIONS, [merchantId]);
