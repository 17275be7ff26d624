import { run, startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { env } from './delivery.env.js';
import { DeliveryModule } from './delivery.module.js';

run(() => {
  const { HEALTH_PORT, LOG_LEVEL, SHUTDOWN_TIMEOUT_MS } = env();
  return startService({
    name: 'delivery',
    module: DeliveryModule,
    port: HEALTH_PORT,
    logLevel: LOG_LEVEL,
    shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS,
    strategy: QueueServer,
  });
});
