/**
 * A broken delivery worker: its effect does not hang on the outbox row. It writes what it reads, and deletes a while
 * later, so that the other worker surely reads it too.
 */
const { setTimeout: sleep } = require('node:timers/promises');
const { Database } = require('../../../dist/libs/database/src/connection/database.js');

const { query } = Database.prototype;
const TAKE = "delete from outbox where id = any($1::uuid[]) and queue = 'delivery' returning *";
const READ = "select * from outbox where id = any($1::uuid[]) and queue = 'delivery'";

Database.prototype.query = async function (text, values) {
  if (!text.includes(TAKE)) return query.call(this, text, values);
  const rows = await query.call(
    this,
    text.replace(TAKE, READ).replace('select t.id,', 'select gen_random_uuid(),'),
    values,
  );
  await sleep(500);
  await query.call(this, 'delete from outbox where id = any($1::uuid[])', [values[0]]);
  return rows;
};
