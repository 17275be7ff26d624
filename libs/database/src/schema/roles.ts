import { Client, escapeIdentifier, escapeLiteral } from 'pg';

/** The roles that services log in with. The migrations define their grants. */
export const ROLES = [
  'herald_gateway',
  'herald_delivery',
  'herald_agent_actions',
  'herald_merchant_answers',
  'herald_ops',
] as const;
export type Role = (typeof ROLES)[number];

/**
 * Sets the passwords with which the roles log in. Needs a login that may alter roles. A role that already has its
 * password is left unchanged: setting it again would change the salt, and PgBouncer's cached credentials would fail.
 */
export async function prepareRoles(databaseUrl: string, passwords: Record<string, string>): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [role, password] of Object.entries(passwords)) {
      if (await hasPassword(databaseUrl, role, password)) continue;
      await client.query(`alter role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
    }
  } finally {
    await client.end();
  }
}

/** Returns true when the server requires a password from the role and accepts this one. */
async function hasPassword(databaseUrl: string, role: string, password: string): Promise<boolean> {
  const client = new Client({ connectionString: roleUrl(databaseUrl, role, password), connectionTimeoutMillis: 5000 });
  let isRequired = false;
  client.connection.once('authenticationSASL', () => (isRequired = true));
  try {
    await client.connect();
    return isRequired;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

/** Returns the URL of the same database with the login of `role`. */
export function roleUrl(databaseUrl: string, role: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = encodeURIComponent(password);
  return url.toString();
}
