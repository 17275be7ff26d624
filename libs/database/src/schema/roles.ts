import { Client, escapeIdentifier, escapeLiteral } from 'pg';

/** The roles that services log in with; what each may do stands in the migrations. */
export const ROLES = [
  'herald_gateway',
  'herald_delivery',
  'herald_agent_actions',
  'herald_merchant_answers',
  'herald_ops',
] as const;
export type Role = (typeof ROLES)[number];

/**
 * Lets the roles log in with these passwords. Needs a login that may alter roles. Who has the password keeps it as it is: set
 * again it would get another salt, and a PgBouncer that logs in with what it learned before would be refused.
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

/** True when the server asks the role for a password, and takes this one. */
async function hasPassword(databaseUrl: string, role: string, password: string): Promise<boolean> {
  const client = new Client({ connectionString: roleUrl(databaseUrl, role, password), connectionTimeoutMillis: 5000 });
  let asked = false;
  client.connection.once('authenticationSASL', () => (asked = true));
  try {
    await client.connect();
    return asked;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

/** The same database, entered as `role`. */
export function roleUrl(databaseUrl: string, role: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = encodeURIComponent(password);
  return url.toString();
}
