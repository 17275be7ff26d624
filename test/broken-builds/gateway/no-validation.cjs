/** A broken gateway: it checks neither bodies nor query strings. */
const { Validation } = require('../../../dist/apps/gateway/src/http/validation.js');

Validation.prototype.transform = (value) => value;
