/** A broken gateway: it never sees an Idempotency-Key. */
const { Server } = require('node:http');

const { emit } = Server.prototype;
Server.prototype.emit = function (event, request, ...rest) {
  if (event === 'request') delete request.headers['idempotency-key'];
  return emit.call(this, event, request, ...rest);
};
