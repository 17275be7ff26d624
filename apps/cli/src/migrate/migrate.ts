import { migrate, prepareRoles, ROLES } from '@herald/database';
import { withGivenUrl } from '../given-database.js';

/** @throws Failure when there is no database, or it is down */
export const migrateGivenDatabase = (): Promise<void> => withGivenUrl(migrateAt);

async function migrateAt(url: string): Promise<void> {
  await migrate(url);
  console.log('The schema is up to date.');
  const passwords = givenPasswords(process.env);
  if (Object.keys(passwords).length === 0) return;
  await prepareRoles(url, passwords);
  console.log(`These roles may log in: ${Object.keys(passwords).join(', ')}.`);
}

/** Returns the passwords in the environment by role: `HERALD_GATEWAY_PASSWORD` is for herald_gateway. */
function givenPasswords(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const password = env[`${role.toUpperCase()}_PASSWORD`];
      return password ? [[role, password]] : [];
    }),
  );
}
