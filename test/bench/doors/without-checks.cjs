const { Validation } = require('../../../dist/apps/gateway/src/validation/validation.js');

Validation.prototype.transform = (value) => value;
