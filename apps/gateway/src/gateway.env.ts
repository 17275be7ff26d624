import { listOf, networks, port, queueSecrets, readEnv, ServiceEnv, whole } from '@herald/bootstrap';
import { z } from 'zod';
import { checkJwtSettings, JwtSettings } from './auth/jwt.settings.js';

const limit = (fallback: number) => whole(fallback, 0, 1_000_000_000);

const origins = z
  .string()
  .transform(listOf)
  .refine(
    (values) => values.every((value) => value === '*' || (URL.canParse(value) && new URL(value).origin === value)),
    {
      error: 'must be a list of origins like https://app.example.com, or *',
    },
  );

const GatewayEnv = ServiceEnv.extend({
  PORT: port(3000),
  DATABASE_POOL_SIZE: whole(10, 2, 100),
  QUEUE_SECRET: queueSecrets,

  /** Requests in work at once; one more is answered 503 at once. */
  MAX_IN_FLIGHT: whole(500, 1, 100_000),
  /** How much of it one caller, or one address that is not known yet, may hold; a company, midway between that and all. */
  CALLER_SHARE_PERCENT: whole(25, 1, 100),
  /** Connections at once; for one more the one that was idle for longest is closed. */
  MAX_CONNECTIONS: whole(10_000, 1, 1_000_000),
  /** How long a connection may neither bring anything nor take anything of its answer. */
  STALL_TIMEOUT_MS: whole(30_000, 100, 3_600_000),
  /** How fast a body must arrive, and how long nothing of it may. */
  MIN_BODY_BYTES_PER_SECOND: whole(1000, 1, 1_000_000),
  BODY_GRACE_MS: whole(10_000, 100, 3_600_000),
  /** How long a request may take to arrive, and its head alone. */
  REQUEST_TIMEOUT_MS: whole(30_000, 100, 3_600_000),
  HEADERS_TIMEOUT_MS: whole(10_000, 100, 3_600_000),
  /** How long a connection may be idle; longer than a load balancer in front keeps it. */
  KEEP_ALIVE_TIMEOUT_MS: whole(72_000, 100, 3_600_000),
  /** How long it goes on answering when it is told to stop; longer than load balancers take to learn of it. */
  DRAIN_MS: whole(0, 0, 600_000),
  /** Proxies whose X-Forwarded-For is believed; nobody's unless set. */
  TRUSTED_PROXIES: networks.default([]),
  /** Requests that a credential may send unless it has limits of its own; 0 for no limit. */
  LIMIT_PER_MINUTE: limit(100),
  LIMIT_PER_HOUR: limit(1000),
  /** Of a person or merchant, by their tokens. */
  JWT_LIMIT_PER_MINUTE: limit(0),
  JWT_LIMIT_PER_HOUR: limit(0),
  /** Logins that may fail from one address before it is not looked up any more; 0 for any number. */
  FAILED_LOGINS_PER_MINUTE: limit(100),
  /** Origins whose pages may call; none unless set. */
  CORS_ORIGINS: origins.default([]),

  ...JwtSettings.shape,

  /** Status of a request or answer that breaks the rules: 500 or 422 (contracts README, "Refusals of merchant answers"). */
  MERCHANT_VALIDATION_STATUS: z.enum(['500', '422'], 'must be 500 or 422').default('500').transform(Number),

  /** Messages of one queue that are published and unfinished; what is above stays owed and is fed in turn. */
  PUBLISHED_LIMIT: whole(10_000, 1, 1_000_000),
  /** Messages that a queue may be owed at once; at least a batch. What is above is refused with 503. */
  OUTBOX_LIMIT: whole(1_000_000, 1000, 1_000_000_000),
  /** A published message that is older is looked for in Redis. */
  SWEEP_AFTER_MS: whole(5000, 100, 3_600_000),
}).superRefine(checkJwtSettings);
export type GatewayEnv = z.output<typeof GatewayEnv>;

/** What the gateway reads from its environment. */
export const env = (): GatewayEnv => readEnv(GatewayEnv);
