import { port, readEnv, ServiceEnv, whole } from '@herald/bootstrap';
import { z } from 'zod';

const name = z.string({ error: 'must be set' }).min(1);

const GatewayEnv = ServiceEnv.extend({
  PORT: port(3000),
  HOST: z.string().default('0.0.0.0'),
  DATABASE_POOL_SIZE: whole(10, 2, 100),

  /** Who issues the tokens of people and merchants, and for whom. */
  JWT_ISSUER: name,
  JWT_USER_AUDIENCE: name,
  JWT_MERCHANT_AUDIENCE: name,
  JWT_ALGORITHM: z.enum(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']),
  /** For the HS algorithms: at least 32 bytes. */
  JWT_SECRET: z.string().optional(),
  /** For the others: a key in PEM. */
  JWT_PUBLIC_KEY: z.string().optional(),

  /** Status of a merchant's request or answer that breaks the rules: 500, as the document has it, or 422. */
  MERCHANT_VALIDATION_STATUS: z.enum(['500', '422'], 'must be 500 or 422').default('500').transform(Number),

  /** Messages of one queue that are published and unfinished; what is above stays owed and is fed in turn. */
  PUBLISHED_LIMIT: whole(10_000, 1, 1_000_000),
  /** A published message that is older is looked for in Redis. */
  SWEEP_AFTER_MS: whole(5000, 100, 3_600_000),
}).superRefine((env, ctx) => {
  const fault = (path: string, message: string) => ctx.addIssue({ code: 'custom', path: [path], message });
  if (!env.JWT_ALGORITHM.startsWith('HS')) {
    if (!env.JWT_PUBLIC_KEY) fault('JWT_PUBLIC_KEY', `must be set for ${env.JWT_ALGORITHM}`);
  } else if (Buffer.byteLength(env.JWT_SECRET ?? '') < 32) {
    fault('JWT_SECRET', `must have at least 32 bytes for ${env.JWT_ALGORITHM}`);
  }
});
export type GatewayEnv = z.output<typeof GatewayEnv>;

/** What the gateway reads from its environment. */
export const env = (): GatewayEnv => readEnv(GatewayEnv);
