import { BadEnvironment } from '@herald/bootstrap';
import { readerOf, SERVICES } from '@herald/operator';
import { environmentOf, jwtSettings } from './environment.js';
import { opsAccess } from './ops-access.js';
import { secretsFrom } from './secrets.js';

/** A wrong variable, and the services that refuse it; empty when `npm start` itself does. */
export interface SettingFault {
  variable: string;
  message: string;
  services: string[];
}

/** Replace the addresses of servers that are not started yet. */
const PLACEHOLDERS = { DATABASE_URL: 'postgres://127.0.0.1/herald', REDIS_URL: 'redis://127.0.0.1' };

/** Returns the settings that services would refuse, before anything is started. */
export async function serviceFaults(environment: Record<string, string | undefined>): Promise<SettingFault[]> {
  const secrets = secretsFrom({});
  const { opsUsers } = await opsAccess(secrets);
  const access = { secrets, opsUsers, jwt: jwtSettings(secrets.jwt) };
  const faults: SettingFault[] = [];
  for (const spec of SERVICES) {
    // Ports and the address are checked by `npm start` itself, since it sets them.
    const given = {
      ...PLACEHOLDERS,
      ...environment,
      ...environmentOf(spec, 1, access),
      HOST: '127.0.0.1',
      METRICS_PORT: '0',
    };
    for (const { variable, message } of await faultsOf(spec.name, given)) {
      const known = faults.find((fault) => fault.variable === variable && fault.message === message);
      if (known) known.services.push(spec.name);
      else faults.push({ variable, message, services: [spec.name] });
    }
  }
  return faults;
}

async function faultsOf(service: string, environment: Record<string, string | undefined>) {
  const read = await readerOf(service);
  try {
    read(environment);
    return [];
  } catch (error) {
    if (error instanceof BadEnvironment) return error.faults;
    throw error;
  }
}
