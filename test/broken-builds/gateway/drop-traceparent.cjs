/** A broken gateway: its outbox forgets which trace a message belongs to. */
// First, as in a service: what is traced is patched as it is loaded.
require('../../../dist/libs/bootstrap/src/index.js');
const { OwedPublisher } = require('../../../dist/apps/gateway/src/outbox/owed-publisher.js');

const { publish } = OwedPublisher.prototype;
OwedPublisher.prototype.publish = function (jobs) {
  return publish.call(
    this,
    jobs.map((job) => ({ ...job, traceparents: job.ids.map(() => null) })),
  );
};
