/** A broken gateway: no slot ends once its connection has closed, and none at its deadline. */
const { InFlight } = require('../../../dist/apps/gateway/src/server/in-flight.js');

const { end } = InFlight.prototype;
InFlight.prototype.look = () => {};
InFlight.prototype.disconnect = function (socket) {
  this.connections.delete(socket);
};
InFlight.prototype.end = function (slot) {
  if (!slot.socket.destroyed) end.call(this, slot);
};
