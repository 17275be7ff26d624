import { networks, port, ServiceEnv, settingsReader, wholeNumber } from '@herald/bootstrap';
import type { z } from 'zod';
import { opsUsers } from './auth/ops-users.js';
import { sessionSecrets } from './auth/session-secret.js';

const OpsEnv = ServiceEnv.extend({
  OPS_PORT: port(3100).describe('port of the pages'),
  DATABASE_POOL_SIZE: wholeNumber(4, 1, 100).describe('connections to Postgres'),
  OPS_USERS: opsUsers.describe('users: lines of `herald ops-user`'),
  OPS_SESSION_SECRET: sessionSecrets.describe(
    'signs sessions: 32 characters or more, or the new secret and the previous one, see Changing secrets',
  ),
  TRUSTED_PROXIES: networks.default([]).describe('addresses and networks whose `X-Forwarded-…` headers are believed'),
});
export type OpsEnv = z.output<typeof OpsEnv>;

/** The settings that ops reads from its environment. */
export const env = settingsReader(OpsEnv);
