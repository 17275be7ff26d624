/** A broken gateway: it takes every request in, however many are in work. */
const { InFlight } = require('../../../dist/apps/gateway/src/server/in-flight.js');

InFlight.prototype.enter = () => true;
require('../../support/preload/slow-commits.cjs');
