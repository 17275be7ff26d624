/** A broken gateway: it checks neither bodies nor query strings. */
const { Validation } = require('../../../dist/apps/gateway/src/validation/validation.js');

Validation.prototype.transform = (value) => value;
