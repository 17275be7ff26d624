import { run } from '@herald/bootstrap';
import { delivery } from '@herald/contracts';
import { FEED, READ_FEED } from '@herald/database';
import { startWorker } from '@herald/worker';
import { DeliveryConsumer } from './delivery.consumer.js';
import { env } from './delivery.env.js';
import { FeedMarker } from './feed-marker.js';

run(() => {
  const settings = env();
  return startWorker({
    contract: delivery,
    consumer: DeliveryConsumer,
    providers: [FeedMarker],
    settings,
    concurrency: settings.DELIVERY_CONCURRENCY,
    retention: {
      rules: [
        { kept: FEED, age: settings.FEED_DAYS },
        { kept: READ_FEED, age: settings.FEED_READ_DAYS },
      ],
      everyMs: settings.RETENTION_EVERY_MS,
    },
  });
});
