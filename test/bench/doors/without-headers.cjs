const { SECURITY_HEADERS } = require('../../../dist/apps/gateway/src/server/security-headers.js');

for (const name of Object.keys(SECURITY_HEADERS)) delete SECURITY_HEADERS[name];
