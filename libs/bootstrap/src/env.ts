import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { parseRedisUrl } from './redis-address.js';
import { TracingEnv } from './tracing/tracing.env.js';

/** Environment variables are missing or wrong; the message lists all of them. */
export class BadEnvironment extends Error {
  constructor(readonly faults: { variable: string; message: string }[]) {
    const lines = faults.map(({ variable, message }) => `  ${variable}: ${message}`);
    super(`The service cannot start until these environment variables are set correctly:\n${lines.join('\n')}`);
  }
}

/**
 * Reads a service's settings, once, when it starts.
 * @throws BadEnvironment naming every variable that is missing or wrong, without its value
 */
export function readEnv<T extends z.ZodObject>(schema: T, env: NodeJS.ProcessEnv = process.env): z.output<T> {
  // An empty variable counts as unset: `PORT= npm start`.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  throw new BadEnvironment(parsed.error.issues.map(({ path, message }) => ({ variable: String(path[0]), message })));
}

/** Reads a service's settings as `readEnv` does, and exposes their declarations. */
export interface SettingsReader<T extends z.ZodObject = z.ZodObject> {
  (env?: NodeJS.ProcessEnv): z.output<T>;
  declared: T;
}

export const settingsReader = <T extends z.ZodObject>(declared: T): SettingsReader<T> =>
  Object.assign((env?: NodeJS.ProcessEnv) => readEnv(declared, env), { declared });

const toNumber = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);

/** A whole number from `min` to `max`. */
export const wholeNumber = (fallback: number, min: number, max: number) =>
  toNumber.pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`)).default(fallback);

export const port = (fallback: number) => wholeNumber(fallback, 0, 65_535);

const POSTGRES_SCHEMES = ['postgres:', 'postgresql:'];
const POSTGRES_FILES = ['sslrootcert', 'sslcert', 'sslkey'];

const postgresUrl = z
  .string({ error: 'must be set' })
  .refine((value) => URL.canParse(value) && POSTGRES_SCHEMES.includes(new URL(value).protocol), {
    error: 'must be a URL that starts with postgres:// or postgresql://',
    abort: true,
  })
  .superRefine((value, context) => {
    for (const name of POSTGRES_FILES) {
      const file = new URL(value).searchParams.get(name);
      if (file && !isReadable(file)) context.addIssue(`names a file by ${name} that cannot be read`);
    }
  });

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** REDIS_URL, parsed. */
export const redisUrl = z.string({ error: 'must be set' }).transform((value, context) => {
  try {
    return parseRedisUrl(value);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});

/** Secrets, each at least 32 bytes, that prove that a job is a gateway's. The first one signs; both are accepted. */
export const queueSecrets = z
  .string({ error: 'must be set' })
  .transform((value) => value.split(',').map((secret) => secret.trim()))
  .refine(
    (secrets) => secrets.length <= 2 && secrets.every((secret) => Buffer.byteLength(secret) >= 32),
    'must be a secret of at least 32 bytes, or two with a comma between them',
  );

/** Settings of every service. */
export const ServiceEnv = z.object({
  DATABASE_URL: postgresUrl.describe('Postgres; each service logs in with a role of its own'),
  REDIS_URL: redisUrl.describe('a server, a cluster or sentinels, see Redis Cluster, Sentinel, TLS'),
  QUEUE_NAMESPACE: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .default('herald')
    .describe('first part of every Redis key'),
  HOST: z
    .string()
    .default('0.0.0.0')
    .describe('address that every port of the service listens on; with `npm start` 127.0.0.1'),
  METRICS_PORT: port(0).describe(
    "port of `/metrics`, 0 for a free one; keep it private; it must differ from the service's own port",
  ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`'),
  STUCK_AFTER_MS: wholeNumber(60_000, 1000, 3_600_000).describe(
    '`/health/live` fails when work has waited this long and none was finished',
  ),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(10_000, 0, 600_000).describe(
    'how long work in progress may take when a service stops',
  ),
  ...TracingEnv.shape,
});

/** Settings of every worker. */
export const WorkerEnv = ServiceEnv.extend({
  HEALTH_PORT: port(0).describe('port of `/health/live` and `/health/ready`, 0 for a free one; keep it private'),
  DATABASE_POOL_SIZE: wholeNumber(5, 1, 100).describe('connections to Postgres'),
  JOB_LOCK_MS: wholeNumber(5000, 500, 60_000).describe('jobs of a dead worker are free after at most twice this time'),
  PRODUCER_TIME_BEHIND_DAYS: wholeNumber(30, 1, 36_500).describe(
    "a producer's `timestamp` on a job counts only if it is at most this old when the job arrives, see Timestamps",
  ),
  PRODUCER_TIME_AHEAD_MS: wholeNumber(300_000, 0, 86_400_000).describe(
    'the same `timestamp` counts only if it is at most this far ahead of the arrival',
  ),
  QUEUE_SECRET: queueSecrets.describe(
    "the gateways' own; 32 bytes or more; two with a comma between them while it is changed",
  ),
});
export type WorkerSettings = z.output<typeof WorkerEnv>;
