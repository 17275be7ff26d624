import { networks, port, readEnv, ServiceEnv, whole } from '@herald/bootstrap';
import type { z } from 'zod';
import { opsUsers } from './auth/ops-users.js';
import { sessionSecrets } from './auth/session-secret.js';

const OpsEnv = ServiceEnv.extend({
  OPS_PORT: port(3100),
  DATABASE_POOL_SIZE: whole(4, 1, 100),
  /** Who may enter, and as what. */
  OPS_USERS: opsUsers,
  /** What signs the sessions of people who logged in. */
  OPS_SESSION_SECRET: sessionSecrets,
  /** Proxies whose X-Forwarded-For is believed; nobody's unless set. */
  TRUSTED_PROXIES: networks.default([]),
});
export type OpsEnv = z.output<typeof OpsEnv>;

/** What ops reads from its environment. */
export const env = (): OpsEnv => readEnv(OpsEnv);
