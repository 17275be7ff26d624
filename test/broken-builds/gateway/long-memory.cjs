/** A broken gateway: it never looks a credential up a second time. */
const { CredentialStore } = require('../../../dist/apps/gateway/src/access/credential.store.js');

const known = new Map();
const { find } = CredentialStore.prototype;
CredentialStore.prototype.find = async function (token) {
  if (!known.has(token)) known.set(token, await find.call(this, token));
  return known.get(token);
};
