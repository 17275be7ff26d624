import { run } from '@herald/bootstrap';
import { agentActions } from '@herald/contracts';
import { ACTIONS, EXPIRED_ACTIONS, READ_ACTIONS } from '@herald/database';
import { startWorker } from '@herald/worker';
import { AgentActionsConsumer } from './agent-actions.consumer.js';
import { env } from './agent-actions.env.js';

run(() => {
  const settings = env();
  return startWorker({
    contract: agentActions,
    consumer: AgentActionsConsumer,
    settings,
    concurrency: settings.AGENT_ACTIONS_CONCURRENCY,
    retention: {
      rules: [
        { kept: ACTIONS, age: settings.ACTIONS_DAYS },
        { kept: READ_ACTIONS, age: settings.ACTIONS_READ_DAYS },
        { kept: EXPIRED_ACTIONS, age: settings.ACTIONS_EXPIRED_DAYS },
      ],
      everyMs: settings.RETENTION_EVERY_MS,
    },
  });
});
