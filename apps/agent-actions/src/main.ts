import { run, startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { env } from './agent-actions.env.js';
import { AgentActionsModule } from './agent-actions.module.js';

run(() => {
  const { HEALTH_PORT, LOG_LEVEL, SHUTDOWN_TIMEOUT_MS } = env();
  return startService({
    name: 'agent-actions',
    module: AgentActionsModule,
    port: HEALTH_PORT,
    logLevel: LOG_LEVEL,
    shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS,
    strategy: QueueServer,
  });
});
