/** A broken worker: a command that comes twice is done twice, and its caller gets the second result. */
const kept = require('../../../dist/libs/database/src/messages/once.js');
const slices = require('../../../dist/libs/database/src/messages/in-slices.js');

kept.once = async (database, _id, _body, effect) => ({
  verdict: await database.transaction(effect),
  replayed: false,
});

slices.inSlices = async (database, _id, _body, slice) => {
  for (let before; ;) {
    const { verdict, done } = await database.transaction((tx) => slice(tx, before));
    if (done) return { verdict, replayed: false };
    before = verdict;
  }
};
