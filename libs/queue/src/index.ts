/**
 * Nest's transport over queues, and the only code that knows BullMQ and Redis. It reads contracts as data and knows no
 * table, no route and no payload.
 */
export { type Announcement, Announcements, Announcer, UNHEARD_MS } from './announcements.js';
export { prefixOf, type RedisAddress } from './connection.js';
export { isGeneratedId } from './job-id.js';
export { type JobOf, OnJob } from './on-job.decorator.js';
export { type JobState, QueueClient } from './queue.client.js';
export { type QueueState, QueueWatch } from './queue-watch.js';
export { Proofs } from './proof.js';
export { QueueModule } from './queue.module.js';
export { type EndedRun, QueueServer } from './queue.server.js';
export { RedisScript } from './redis-script.js';
export { type Removal, type StoredJob, StoredJobs } from './stored-jobs.js';
