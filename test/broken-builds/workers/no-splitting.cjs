/** A broken worker: a job that is given up takes all its messages along. */
const { MessageLedger } = require('../../../dist/libs/database/src/messages/message-ledger.js');

MessageLedger.prototype.split = function (run, detail) {
  return this.buryOwed(run, detail);
};
