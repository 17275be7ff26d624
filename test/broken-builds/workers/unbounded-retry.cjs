/** A broken worker: a message that kills it is tried again for ever. */
const { MessageLedger } = require('../../../dist/libs/database/src/messages/message-ledger.js');

MessageLedger.prototype.startAlone = async () => true;
