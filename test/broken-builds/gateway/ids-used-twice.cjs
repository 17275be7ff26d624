/** A broken gateway: a key that is free again names its new message as it named the one before. */
const { Database } = require('../../../dist/libs/database/src/connection/database.js');

const { query } = Database.prototype;
Database.prototype.query = function (text, values) {
  return query.call(
    this,
    text.replace('select used_ids(array(select id from given where key is not null)) as id', 'select null::uuid as id'),
    values,
  );
};
