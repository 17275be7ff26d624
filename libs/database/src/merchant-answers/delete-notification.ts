import type { Sql } from '../connection/database.js';

/** $1 notification, $2 merchant. Deletes a notification and returns its id; another merchant's is no row. */
const DELETE_NOTIFICATION = 'delete from notifications where id = $1 and merchant_id = $2 returning id';

export const deleteNotification = async (sql: Sql, id: number, merchantId: number): Promise<boolean> =>
  (await sql.query(DELETE_NOTIFICATION, [id, merchantId])).length > 0;
