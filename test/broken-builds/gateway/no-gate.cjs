/** A broken gateway: requests do not come by its gate. */
const { AccessGate } = require('../../../dist/apps/gateway/src/access/access.gate.js');

AccessGate.prototype.onModuleInit = () => {};
