/** A broken gateway: it never looks for messages that Redis lost. */
const { OutboxSweeper } = require('../../../dist/apps/gateway/src/outbox/outbox.sweeper.js');

OutboxSweeper.prototype.sweep = async () => {};
