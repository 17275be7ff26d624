import { settingsReader, wholeNumber, WorkerEnv } from '@herald/bootstrap';

const AgentActionsEnv = WorkerEnv.extend({
  AGENT_ACTIONS_CONCURRENCY: wholeNumber(200, 1, 1000).describe('jobs in progress at once'),
  ACTIONS_DAYS: wholeNumber(0, 0, 36_500).describe(
    'older actions are removed, 0 keeps everything; see What is kept, and for how long',
  ),
  ACTIONS_READ_DAYS: wholeNumber(0, 0, 36_500).describe(
    'actions that all recipients read or archived longer ago are removed, 0 keeps everything',
  ),
  ACTIONS_EXPIRED_DAYS: wholeNumber(0, 0, 36_500).describe(
    'actions whose `expires_at` passed longer ago are removed, 0 keeps everything',
  ),
  RETENTION_EVERY_MS: wholeNumber(600_000, 100, 86_400_000).describe('how often the worker looks for them'),
});

/** The settings that the agent-actions worker reads from its environment. */
export const env = settingsReader(AgentActionsEnv);
