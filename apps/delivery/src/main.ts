import { run, startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { env } from './delivery.env.js';
import { DeliveryModule } from './delivery.module.js';

run(() => {
  const settings = env();
  return startService({
    name: 'delivery',
    module: DeliveryModule,
    port: settings.HEALTH_PORT,
    settings,
    strategy: QueueServer,
  });
});
