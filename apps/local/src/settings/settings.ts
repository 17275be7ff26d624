import { isIP } from 'node:net';
import { redisUrl } from '@herald/bootstrap';
import { dataFolder, Failure, SERVICES } from '@herald/operator';
import type { RedisAddress } from '@herald/queue';
import { z } from 'zod';
import { serviceFaults, type SettingFault } from './service-faults.js';

export interface UpSettings {
  dataDir: string;
  /** Servers of the user. If they are not set, our own are started. */
  databaseUrl?: string;
  redis?: { url: string; address: RedisAddress };
  /** The address that the services listen on. */
  host: string;
  /** Ports that people use, by name of the service. */
  doors: Map<string, number>;
}

const url = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol),
      `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
    );

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .pipe(z.number().min(1, 'must be at least 1').max(65_535, 'must be at most 65535'));

const LOOPBACK = '127.0.0.1';

const host = z
  .string()
  .transform((value) => (value === 'localhost' ? LOOPBACK : value))
  .refine((value) => isIP(value) > 0, 'must be an address of this machine, or 0.0.0.0 for all of them')
  .default(LOOPBACK);

/** @throws Failure with all wrong variables, including those of the services, before anything is started */
export async function readSettings(env: NodeJS.ProcessEnv = process.env): Promise<UpSettings> {
  // An empty variable counts as unset: `PORT= npm start`.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const doors = SERVICES.flatMap(({ name, door }) => (door ? [{ name, ...door }] : []));
  const ports = z.object(Object.fromEntries(doors.map(({ variable }) => [variable, port.optional()]))).safeParse(set);
  const places = z
    .object({
      HOST: host,
      DATABASE_URL: url('postgres:', 'postgresql:').optional(),
      REDIS_URL: redisUrl.optional(),
    })
    .safeParse(set);
  const own = [ports, places]
    .flatMap((parsed) => parsed.error?.issues ?? [])
    .map(({ path, message }) => ({ variable: path.join('.'), message, services: [] }));
  const named = new Set(own.map(({ variable }) => variable));
  const faults = [...own, ...(await serviceFaults(set)).filter(({ variable }) => !named.has(variable))];
  if (faults.length > 0 || !ports.success || !places.success) {
    throw new Failure(`Wrong environment variables:\n${faults.map(lineOf).join('\n')}`);
  }
  return {
    dataDir: dataFolder(),
    host: places.data.HOST,
    databaseUrl: places.data.DATABASE_URL,
    redis: places.data.REDIS_URL && { url: set['REDIS_URL'] as string, address: places.data.REDIS_URL },
    doors: new Map(doors.map(({ name, variable, fallback }) => [name, ports.data[variable] ?? fallback])),
  };
}

function lineOf({ variable, message, services }: SettingFault): string {
  const readBy = services.length > 0 && services.length < SERVICES.length ? ` (${services.join(', ')})` : '';
  return `  ${variable} ${message}${readBy}`;
}
