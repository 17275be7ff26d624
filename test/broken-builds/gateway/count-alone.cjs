/** A broken gateway: it counts requests by itself, whatever the other gateways count. */
const { SharedWindows } = require('../../../dist/apps/gateway/src/access/shared-windows.js');

SharedWindows.prototype.take = () => Promise.reject(new Error('nobody shares'));
