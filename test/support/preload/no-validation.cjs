/** A broken gateway: it checks neither bodies nor query strings. */
const { validation } = require('../../../dist/apps/gateway/src/http/validation.js');

validation.transform = (value) => Promise.resolve(value);
