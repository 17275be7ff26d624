import { port, readEnv, serverUrl } from '@herald/bootstrap';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { checkout } from '../checkout.js';
import { Failure } from '../failure.js';
import { SERVICES, type ServiceSpec } from './services.js';

export interface UpSettings {
  dataDir: string;
  /** Servers that the user runs; without them we run our own. */
  databaseUrl?: string;
  redisUrl?: string;
  /** By name of the service. */
  doors: Map<string, number>;
}

/** @throws Failure with every variable that is wrong */
export function readSettings(): UpSettings {
  const withDoor = SERVICES.filter((service): service is Required<ServiceSpec> => service.door !== undefined);
  const schema = z.object({
    HERALD_DATA: z.string().default(join(checkout, '.herald')),
    DATABASE_URL: serverUrl('postgres:', 'postgresql:').optional(),
    REDIS_URL: serverUrl('redis:', 'rediss:').optional(),
  });
  const doors = z.object(Object.fromEntries(withDoor.map(({ door }) => [door.variable, port(door.fallback)])));
  try {
    const env = readEnv(schema);
    const ports = readEnv(doors) as Record<string, number>;
    return {
      dataDir: resolve(env.HERALD_DATA),
      databaseUrl: env.DATABASE_URL,
      redisUrl: env.REDIS_URL,
      doors: new Map(withDoor.map(({ name, door }) => [name, ports[door.variable]!])),
    };
  } catch (error) {
    throw new Failure((error as Error).message, { cause: error });
  }
}
