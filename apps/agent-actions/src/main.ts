import { run, startService } from '@herald/bootstrap';
import { QueueServer } from '@herald/queue';
import { env } from './agent-actions.env.js';
import { AgentActionsModule } from './agent-actions.module.js';

run(() => {
  const settings = env();
  return startService({
    name: 'agent-actions',
    module: AgentActionsModule,
    port: settings.HEALTH_PORT,
    settings,
    strategy: QueueServer,
  });
});
