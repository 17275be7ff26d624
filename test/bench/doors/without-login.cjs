const { CredentialStore } = require('../../../dist/apps/gateway/src/access/credential.store.js');

const { known } = CredentialStore.prototype;
let caller;
CredentialStore.prototype.known = function (token) {
  return (caller ??= known.call(this, token));
};
