import { env as agentActions } from '../../apps/agent-actions/src/agent-actions.env.js';
import { env as delivery } from '../../apps/delivery/src/delivery.env.js';
import { env as gateway } from '../../apps/gateway/src/gateway.env.js';
import { env as merchantAnswers } from '../../apps/merchant-answers/src/merchant-answers.env.js';

const readers: Record<string, () => { SHUTDOWN_TIMEOUT_MS: number }> = {
  gateway,
  delivery,
  'agent-actions': agentActions,
  'merchant-answers': merchantAnswers,
};

/** The services that a container can run and a test can ask for their settings. */
export const SERVICES = Object.keys(readers);

/**
 * What a service makes of its environment, as it does at boot.
 * @throws BadEnvironment naming every variable that is missing or wrong
 */
export function settingsOf(service: string, environment: Record<string, string>): { SHUTDOWN_TIMEOUT_MS: number } {
  const own = process.env;
  process.env = environment;
  try {
    return readers[service]!();
  } finally {
    process.env = own;
  }
}
