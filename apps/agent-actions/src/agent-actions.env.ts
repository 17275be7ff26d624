import { readEnv, whole, WorkerEnv } from '@herald/bootstrap';

const AgentActionsEnv = WorkerEnv.extend({
  /** Jobs in work at once. Those that carry one message share statements. */
  AGENT_ACTIONS_CONCURRENCY: whole(100, 1, 1000),
});

/** What the agent-actions worker reads from its environment. */
export const env = () => readEnv(AgentActionsEnv);
