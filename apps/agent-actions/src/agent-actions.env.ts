import { readEnv, whole, WorkerEnv } from '@herald/bootstrap';

const AgentActionsEnv = WorkerEnv.extend({
  /** Jobs in work at once. Those that carry one message share statements. */
  AGENT_ACTIONS_CONCURRENCY: whole(200, 1, 1000),
  /** What is older is removed; 0 keeps everything. */
  ACTIONS_DAYS: whole(0, 0, 36_500),
  /** How often it is looked for. */
  RETENTION_EVERY_MS: whole(600_000, 100, 86_400_000),
});

/** What the agent-actions worker reads from its environment. */
export const env = () => readEnv(AgentActionsEnv);
