import { splitList, networks, port, queueSecrets, ServiceEnv, settingsReader, wholeNumber } from '@herald/bootstrap';
import { z } from 'zod';
import { checkJwtSettings, JwtSettings } from './access/jwt.settings.js';

const limit = (fallback: number) => wholeNumber(fallback, 0, 1_000_000_000);

const origins = z
  .string()
  .transform(splitList)
  .refine(
    (values) => values.every((value) => value === '*' || (URL.canParse(value) && new URL(value).origin === value)),
    {
      error: 'must be a list of origins like https://app.example.com, or *',
    },
  );

/** Settings of JWTs are checked together even when other settings are wrong. */
const isJwtSetting = ({ path }: { path?: PropertyKey[] }) => String(path?.[0]) in JwtSettings.shape;

const GatewayEnv = ServiceEnv.extend({
  PORT: port(3000).describe('port of the API'),
  DATABASE_POOL_SIZE: wholeNumber(10, 2, 100).describe('connections to Postgres'),
  QUEUE_SECRET: queueSecrets.describe(
    'signs the jobs that only a gateway may put on a queue. 32 bytes or more, the same for all gateways and workers; producers must not have it. Two with a comma between them while it is changed',
  ),

  MAX_IN_FLIGHT: wholeNumber(500, 1, 100_000).describe('requests in progress at once; one more is a 503 at once'),
  CALLER_SHARE_PERCENT: wholeNumber(25, 1, 100).describe(
    'how much of `MAX_IN_FLIGHT` one caller, or one address that is not known yet, may hold; a company, midway between that and all',
  ),
  MAX_STREAMS: wholeNumber(5000, 1, 1_000_000).describe('streams open at once; one more is a 503'),
  MAX_CONNECTIONS: wholeNumber(10_000, 1, 1_000_000).describe(
    'connections at once; for one more, the one that was idle or has been reading its answer for longest is closed',
  ),
  STALL_TIMEOUT_MS: wholeNumber(30_000, 100, 3_600_000).describe(
    'how long a connection may bring nothing and take nothing of its answer',
  ),
  MIN_BODY_BYTES_PER_SECOND: wholeNumber(1000, 1, 1_000_000).describe('how fast a body must arrive'),
  BODY_GRACE_MS: wholeNumber(10_000, 100, 3_600_000).describe('how long nothing of a body may arrive'),
  REQUEST_TIMEOUT_MS: wholeNumber(30_000, 100, 3_600_000).describe('how long a request may take to arrive'),
  HEADERS_TIMEOUT_MS: wholeNumber(10_000, 100, 3_600_000).describe(
    'how long the headers of a request may take to arrive',
  ),
  KEEP_ALIVE_TIMEOUT_MS: wholeNumber(72_000, 100, 3_600_000).describe(
    'how long a connection may be idle; longer than a load balancer keeps it',
  ),
  DRAIN_MS: wholeNumber(0, 0, 600_000).describe(
    'behind a load balancer: how long it goes on answering, not ready, after it was told to stop',
  ),
  TRUSTED_PROXIES: networks.default([]).describe('addresses and networks whose `X-Forwarded-For` is believed'),
  LIMIT_PER_MINUTE: limit(100).describe('requests of a credential that has no limits of its own; 0 for no limit'),
  LIMIT_PER_HOUR: limit(1000).describe('the same, in an hour'),
  JWT_LIMIT_PER_MINUTE: limit(0).describe('requests of a person or merchant; 0 for no limit'),
  JWT_LIMIT_PER_HOUR: limit(0).describe('the same, in an hour'),
  FAILED_LOGINS_PER_MINUTE: limit(100).describe('logins that may fail from one address; 0 for any number'),
  CORS_ORIGINS: origins.default([]).describe('origins whose pages may call, like `https://app.example.com`, or `*`'),

  ...JwtSettings.shape,

  MERCHANT_VALIDATION_STATUS: z
    .enum(['500', '422'], 'must be 500 or 422')
    .default('500')
    .transform(Number)
    .describe('`422` answers refused questions and answers with 422'),

  PUBLISHED_LIMIT: wholeNumber(10_000, 1, 1_000_000).describe(
    'messages of a queue that are published and unfinished; what is above is fed in turn',
  ),
  OUTBOX_LIMIT: wholeNumber(1_000_000, 1000, 1_000_000_000).describe(
    'messages that a queue may be owed at once; a send above it is a 503',
  ),
  REQUEST_HOURS: wholeNumber(48, 24, 876_000).describe(
    'how long an `Idempotency-Key` and its answer are remembered; at least 24',
  ),
  DEAD_LETTER_DAYS: wholeNumber(0, 0, 36_500).describe(
    'older dead letters are dropped, 0 keeps everything; see What is kept, and for how long',
  ),
  RETENTION_EVERY_MS: wholeNumber(600_000, 100, 86_400_000).describe('how often the gateway looks for both'),
  SWEEP_AFTER_MS: wholeNumber(5000, 100, 3_600_000).describe(
    'a published message older than this is looked for in Redis',
  ),
}).superRefine(checkJwtSettings, { when: ({ issues }) => !issues.some(isJwtSetting) });
export type GatewayEnv = z.output<typeof GatewayEnv>;

/** Returns the settings that the gateway reads from its environment. */
export const env = settingsReader(GatewayEnv);
