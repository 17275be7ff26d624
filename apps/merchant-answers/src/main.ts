import { run, startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { env } from './merchant-answers.env.js';
import { MerchantAnswersModule } from './merchant-answers.module.js';

run(() => {
  const settings = env();
  return startService({
    name: 'merchant-answers',
    module: MerchantAnswersModule,
    port: settings.HEALTH_PORT,
    settings,
    strategy: QueueServer,
  });
});
