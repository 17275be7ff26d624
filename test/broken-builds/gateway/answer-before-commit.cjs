/** A broken gateway: it answers 202 and commits later. */
const { OutboxWriter } = require('../../../dist/apps/gateway/src/outbox/outbox.writer.js');

const { insert } = OutboxWriter.prototype;
OutboxWriter.prototype.insert = function (callers, jobs) {
  setTimeout(() => void insert.call(this, callers, jobs), 1000);
  return Promise.resolve(new Set(callers));
};
