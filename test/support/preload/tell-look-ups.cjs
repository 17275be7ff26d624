/** A gateway that tells of each credential it asks the database for. */
const { Client } = require('pg');

const { query } = Client.prototype;
Client.prototype.query = function (...args) {
  if (/from find_credential/.test(String(args[0]?.text ?? args[0]))) process.stdout.write('look-up\n');
  return query.apply(this, args);
};
