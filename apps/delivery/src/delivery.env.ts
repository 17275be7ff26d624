import { settingsReader, wholeNumber, WorkerEnv } from '@herald/bootstrap';

const DeliveryEnv = WorkerEnv.extend({
  DELIVERY_CONCURRENCY: wholeNumber(100, 1, 1000).describe('jobs in progress at once'),
  FEED_DAYS: wholeNumber(0, 0, 36_500).describe(
    'older messages are removed, 0 keeps everything; see What is kept, and for how long',
  ),
  FEED_READ_DAYS: wholeNumber(0, 0, 36_500).describe(
    'messages that were read longer ago are removed, 0 keeps everything',
  ),
  RETENTION_EVERY_MS: wholeNumber(600_000, 100, 86_400_000).describe('how often the worker looks for them'),
});

/** The settings that the delivery worker reads from its environment. */
export const env = settingsReader(DeliveryEnv);
