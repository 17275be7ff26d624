import { hash } from 'node:crypto';
import type { Sql } from './database.js';

/** Everything a credential may be allowed to do. */
export const SCOPES = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'] as const;
export type Scope = (typeof SCOPES)[number];

export interface NewCredential {
  companyId: string;
  name: string;
  scopes: readonly Scope[];
  /** Logins it may write as; any unless given. */
  authorLogins?: string[];
  /** Requests a minute and an hour; the default unless given, 0 for no limit. */
  limitPerMinute?: number;
  limitPerHour?: number;
  expiresAt?: Date;
  revokedAt?: Date;
}

/** The two parts of a token that its holder alone knows; hex, so that a token is one word. */
export interface TokenParts {
  id: string;
  secret: string;
}

/** `hrld_<env>_<id>_<secret>`: shown once. */
export const tokenOf = ({ id, secret }: TokenParts, environment: string): string =>
  `hrld_${environment}_${id}_${secret}`;

export const secretHash = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Stores a credential by the hash of its secret. One with the same id stays as it is. */
export async function insertCredential(sql: Sql, { id, secret }: TokenParts, credential: NewCredential): Promise<void> {
  await sql.query(
    `insert into credentials (id, company_id, name, secret_hash, scopes, author_logins, limit_per_minute, limit_per_hour,
                              expires_at, revoked_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing`,
    [
      id,
      credential.companyId,
      credential.name,
      secretHash(secret),
      credential.scopes,
      credential.authorLogins ?? null,
      credential.limitPerMinute ?? null,
      credential.limitPerHour ?? null,
      credential.expiresAt ?? null,
      credential.revokedAt ?? null,
    ],
  );
}
