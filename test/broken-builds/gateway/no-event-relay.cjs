/** A broken gateway: it never publishes the events of answers. */
const { EventRelay } = require('../../../dist/apps/gateway/src/outbox/event.relay.js');

EventRelay.prototype.feed = async () => {};
