import type { Role } from '@herald/database';

/** A service that `herald up` runs as a process of its own. */
export interface ServiceSpec {
  /** Its folder under apps, and its name in the log. */
  name: string;
  /** Who it is to Postgres. */
  role: Role;
  /** The port people come in by, under the variable that the service reads. Others get a free HEALTH_PORT. */
  door?: { variable: string; fallback: number };
}

export const SERVICES: ServiceSpec[] = [
  { name: 'gateway', role: 'herald_gateway', door: { variable: 'PORT', fallback: 3000 } },
  { name: 'delivery', role: 'herald_delivery' },
  { name: 'agent-actions', role: 'herald_agent_actions' },
  { name: 'merchant-answers', role: 'herald_merchant_answers' },
  { name: 'ops', role: 'herald_ops', door: { variable: 'OPS_PORT', fallback: 3100 } },
];
