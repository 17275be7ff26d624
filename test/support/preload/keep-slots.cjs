/** A broken gateway: a slot ends with its answer alone, not with its connection and not at its deadline. */
const { InFlight } = require('../../../dist/apps/gateway/src/http/in-flight.js');

InFlight.prototype.look = () => {};
InFlight.prototype.answered = () => {};
InFlight.prototype.disconnect = function (socket) {
  this.connections.delete(socket);
};
