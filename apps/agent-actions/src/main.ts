import { run } from '@herald/bootstrap';
import { agentActions } from '@herald/contracts';
import { ACTIONS, Database, EXPIRED_ACTIONS, READ_ACTIONS, UseCounting } from '@herald/database';
import { startWorker } from '@herald/worker';
import { Logger, type Provider } from '@nestjs/common';
import { AgentActionsConsumer } from './agent-actions.consumer.js';
import { env } from './agent-actions.env.js';

const COUNT_EVERY_MS = 1_000;

const useCounting: Provider = {
  provide: UseCounting,
  inject: [Database],
  useFactory: (database: Database) =>
    new UseCounting(database, { everyMs: COUNT_EVERY_MS, log: new Logger(UseCounting.name) }),
};

run(() => {
  const settings = env();
  return startWorker({
    contract: agentActions,
    consumer: AgentActionsConsumer,
    providers: [useCounting],
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
