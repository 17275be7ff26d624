import { migrate, prepareRoles } from '@herald/database';
import { type Demo, type JwtSettings, loadDemo } from './demo/load-demo.js';
import type { Secrets } from './settings/secrets.js';

/** Brings the schema up to date, prepares the roles of the services, and writes missing demo data. */
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
