import type { SettingsReader } from '@herald/bootstrap';
import type { Role } from '@herald/database';
import { settingsOf } from './checkout.js';

/** A service that `npm start` runs as a process of its own. */
export interface ServiceSpec {
  /** The folder under apps, and the name in the log. */
  name: string;
  /** The role that it uses in Postgres. */
  role: Role;
  /** The port that people use, with the variable that sets it. Other services get a free HEALTH_PORT. */
  door?: { variable: string; fallback: number };
}

export const SERVICES: ServiceSpec[] = [
  { name: 'gateway', role: 'herald_gateway', door: { variable: 'PORT', fallback: 3000 } },
  { name: 'delivery', role: 'herald_delivery' },
  { name: 'agent-actions', role: 'herald_agent_actions' },
  { name: 'merchant-answers', role: 'herald_merchant_answers' },
  { name: 'ops', role: 'herald_ops', door: { variable: 'OPS_PORT', fallback: 3100 } },
];

/** Loads the declarations of a service from its build, because an app must not import another one. */
export async function readerOf(service: string): Promise<SettingsReader> {
  const { env } = (await import(settingsOf(service))) as { env: SettingsReader };
  return env;
}
