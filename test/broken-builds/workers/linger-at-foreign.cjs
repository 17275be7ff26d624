/** A broken worker: over a notification that is another merchant's it lingers, over one that is not there it does not. */
const { Database } = require('../../../dist/libs/database/src/index.js');

const { prepared } = Database.prototype;
Database.prototype.prepared = async function (text, values) {
  if (text.includes('as notification_id')) {
    const there = await this.query('select from notifications where id = $1', [values[1]]);
    if (there.length > 0) await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return prepared.call(this, text, values);
};
