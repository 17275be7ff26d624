import { env as agentActions } from '../../apps/agent-actions/src/agent-actions.env.js';
import { env as delivery } from '../../apps/delivery/src/delivery.env.js';
import { env as gateway } from '../../apps/gateway/src/gateway.env.js';
import { env as merchantAnswers } from '../../apps/merchant-answers/src/merchant-answers.env.js';
import { env as ops } from '../../apps/ops/src/ops.env.js';

interface StopTimes {
  SHUTDOWN_TIMEOUT_MS: number;
  /** The gateway's. */
  DRAIN_MS?: number;
}

const readers: Record<string, () => StopTimes> = {
  gateway,
  delivery,
  'agent-actions': agentActions,
  'merchant-answers': merchantAnswers,
  ops,
};

/** The services of which there may be many. */
export const SERVICES = Object.keys(readers).filter((name) => name !== 'ops');

/** The content of a valid secret file for the entrypoint. */
export const secretFor = (variable: string): string =>
  variable === 'OPS_USERS' ? `ops:admin:scrypt.16384.8.5.${'x'.repeat(22)}.${'x'.repeat(43)}\n` : 'x'.repeat(32);

/**
 * Parses a service's environment as it does at boot.
 * @throws BadEnvironment naming every variable that is missing or wrong
 */
export function settingsOf(service: string, environment: Record<string, string>): StopTimes {
  const own = process.env;
  process.env = environment;
  try {
    return readers[service]!();
  } finally {
    process.env = own;
  }
}
