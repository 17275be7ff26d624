const { validation } = require('../../../dist/apps/gateway/src/http/validation.js');

validation.transform = (value) => value;
