/** A broken worker: a command that comes twice is done twice, and its caller gets the second result. */
const kept = require('../../../dist/libs/database/src/messages/once.js');

kept.once = async (database, _id, _body, effect) => ({
  verdict: await database.transaction(effect),
  replayed: false,
});
