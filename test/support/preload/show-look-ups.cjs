/** A gateway that prints each look-up of a credential in the database, and each reading of the list of secrets. */
const { Client } = require('pg');

const { query } = Client.prototype;
Client.prototype.query = function (...args) {
  const text = String(args[0]?.text ?? args[0]);
  if (/from find_credential/.test(text)) process.stdout.write('look-up\n');
  if (/fingerprints_of_secrets/.test(text)) process.stdout.write('load of secrets\n');
  return query.apply(this, args);
};
