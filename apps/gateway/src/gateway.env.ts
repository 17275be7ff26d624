import { port, readEnv, ServiceEnv, whole } from '@herald/bootstrap';
import { z } from 'zod';
import { checkJwtSettings, JwtSettings } from './auth/jwt.settings.js';

const GatewayEnv = ServiceEnv.extend({
  PORT: port(3000),
  HOST: z.string().default('0.0.0.0'),
  DATABASE_POOL_SIZE: whole(10, 2, 100),

  ...JwtSettings.shape,

  /** Status of a merchant's request or answer that breaks the rules: 500, as the document has it, or 422. */
  MERCHANT_VALIDATION_STATUS: z.enum(['500', '422'], 'must be 500 or 422').default('500').transform(Number),

  /** Messages of one queue that are published and unfinished; what is above stays owed and is fed in turn. */
  PUBLISHED_LIMIT: whole(10_000, 1, 1_000_000),
  /** A published message that is older is looked for in Redis. */
  SWEEP_AFTER_MS: whole(5000, 100, 3_600_000),
}).superRefine(checkJwtSettings);
export type GatewayEnv = z.output<typeof GatewayEnv>;

/** What the gateway reads from its environment. */
export const env = (): GatewayEnv => readEnv(GatewayEnv);
