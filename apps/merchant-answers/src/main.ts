import { run, startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { env } from './merchant-answers.env.js';
import { MerchantAnswersModule } from './merchant-answers.module.js';

run(() => {
  const { HEALTH_PORT, LOG_LEVEL, SHUTDOWN_TIMEOUT_MS } = env();
  return startService({
    name: 'merchant-answers',
    module: MerchantAnswersModule,
    port: HEALTH_PORT,
    logLevel: LOG_LEVEL,
    shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS,
    strategy: QueueServer,
  });
});
