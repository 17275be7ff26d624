/** A broken delivery worker: the outbox rows leave in a transaction of their own, before the feed rows enter. */
const { Database } = require('../../../dist/libs/database/src/connection/database.js');

const { query } = Database.prototype;
const TAKE = "delete from outbox where id = any($1::uuid[]) and queue = 'delivery' returning *";
const GIVEN = 'select * from jsonb_populate_recordset(null::outbox, $1::jsonb)';

Database.prototype.query = async function (text, values) {
  if (!text.includes(TAKE)) return query.call(this, text, values);
  const rows = await query.call(this, TAKE, [values[0]]);
  return query.call(this, text.replace(TAKE, GIVEN), [JSON.stringify(rows), ...values.slice(1)]);
};
