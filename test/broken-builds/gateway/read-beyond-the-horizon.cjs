/** A broken gateway: its streams read past transactions in progress, and never see what those commit. */
const { Database } = require('../../../dist/libs/database/src/connection/database.js');

const { asCompany } = Database.prototype;
Database.prototype.asCompany = function (companyId, read) {
  return asCompany.call(this, companyId, (snapshot) => read({ ...snapshot, horizon: snapshot.begun }));
};
