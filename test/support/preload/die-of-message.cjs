/** A worker that one message kills whenever it is touched: DEADLY_ID. */
const { Client } = require('pg');

const { query } = Client.prototype;
Client.prototype.query = function (...args) {
  const text = String(args[0]?.text ?? args[0]);
  const values = JSON.stringify(args[0]?.values ?? args[1] ?? null);
  if (text.includes('insert into feed_messages') && values.includes(process.env.DEADLY_ID))
    process.kill(process.pid, 'SIGKILL');
  return query.apply(this, args);
};
