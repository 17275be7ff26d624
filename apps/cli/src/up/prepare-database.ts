import { migrate, prepareRoles } from '@herald/database';
import { type Demo, type JwtSettings, loadDemo } from '../demo/load-demo.js';
import type { Secrets } from './secrets.js';

/** Brings the schema up to date, lets the services in, and writes the demo data where they are missing. */
export async function prepareDatabase(
  databaseUrl: string,
  secrets: Secrets,
  jwt: JwtSettings,
  note: (text: string) => void,
): Promise<Demo> {
  note('migrations');
  await migrate(databaseUrl);
  await prepareRoles(databaseUrl, secrets.roles);
  note('demo data');
  return loadDemo({ databaseUrl, jwt, seed: secrets.demo });
}
