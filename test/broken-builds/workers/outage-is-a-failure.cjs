/** A broken worker: it blames the message when Postgres is away. */
const { MessageLedger } = require('../../../dist/libs/database/src/messages/message-ledger.js');

Object.defineProperty(MessageLedger.prototype, 'isOutage', { get: () => () => false, set() {} });
