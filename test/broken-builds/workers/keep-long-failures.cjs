/** A broken worker: failed jobs stay in Redis by their number alone, however long each is. */
const { FailedJobs } = require('../../../dist/libs/queue/src/failed-jobs.js');

FailedJobs.prototype.leaveIfLong = async (_job, error) => error;
