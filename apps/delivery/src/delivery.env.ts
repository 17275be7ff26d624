import { readEnv, whole, WorkerEnv } from '@herald/bootstrap';

const DeliveryEnv = WorkerEnv.extend({
  /** Jobs in work at once. Those that carry one message share statements. */
  DELIVERY_CONCURRENCY: whole(100, 1, 1000),
});

/** What the delivery worker reads from its environment. */
export const env = () => readEnv(DeliveryEnv);
