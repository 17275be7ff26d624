/** A gateway that accepts however much is owed already. */
const { OutboxCeiling } = require('../../../dist/apps/gateway/src/outbox/outbox.ceiling.js');

OutboxCeiling.prototype.reserve = async (sends) => sends;
