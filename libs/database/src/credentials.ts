import { hash, randomBytes } from 'node:crypto';
import type { Sql } from './database.js';

/** Everything a credential may be allowed to do. */
export const SCOPES = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'] as const;
export type Scope = (typeof SCOPES)[number];

export interface NewCredential {
  companyId: string;
  name: string;
  /** What its token says of where it is for; `live` unless given. */
  environment?: string;
  scopes: readonly Scope[];
  /** Logins it may write as; any unless given. */
  authorLogins?: string[];
  /** Requests a minute and an hour; the default unless given, 0 for no limit. */
  limitPerMinute?: number | null;
  limitPerHour?: number | null;
  expiresAt?: Date | null;
  revokedAt?: Date;
}

/** A credential as operators see it; of its secrets nothing. */
export interface StoredCredential {
  id: string;
  companyId: string;
  name: string;
  environment: string;
  state: 'live' | 'rotating' | 'expired' | 'revoked';
  scopes: Scope[];
  authorLogins: string[] | null;
  /** Requests a minute and an hour; null: the default, 0: no limit. */
  limitPerMinute: number | null;
  limitPerHour: number | null;
  expiresAt: Date | null;
  /** While it is rotating: until when the secret before the current one holds. */
  previousExpiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
}

/** What may be changed of a credential; what is absent stays. */
export type CredentialChanges = Partial<Pick<StoredCredential, 'limitPerMinute' | 'limitPerHour' | 'expiresAt'>>;

/** The two parts of a token that its holder alone knows; hex, so that a token is one word. */
export interface TokenParts {
  id: string;
  secret: string;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;

export const freshSecret = (): string => randomBytes(SECRET_BYTES).toString('hex');

/** A token nobody has had. */
export const freshToken = (): TokenParts => ({ id: randomBytes(ID_BYTES).toString('hex'), secret: freshSecret() });

/** `hrld_<env>_<id>_<secret>`: shown once. */
export const tokenOf = ({ id, secret }: TokenParts, environment: string): string =>
  `hrld_${environment}_${id}_${secret}`;

export const secretHash = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Stores a credential by the hash of its secret. One with the same id stays as it is. */
export async function insertCredential(sql: Sql, { id, secret }: TokenParts, credential: NewCredential): Promise<void> {
  await sql.query(
    `insert into credentials (id, company_id, name, environment, secret_hash, scopes, author_logins, limit_per_minute,
                              limit_per_hour, expires_at, revoked_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing`,
    [
      id,
      credential.companyId,
      credential.name,
      credential.environment ?? 'live',
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

/** An expiry is the moment from which it does not hold. */
const STORED = `
  id, company_id as "companyId", name, environment,
  case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired'
       when previous_expires_at > now() then 'rotating' else 'live' end as state,
  scopes, author_logins as "authorLogins", limit_per_minute as "limitPerMinute", limit_per_hour as "limitPerHour",
  expires_at as "expiresAt", case when previous_expires_at > now() then previous_expires_at end as "previousExpiresAt",
  revoked_at as "revokedAt", last_used_at as "lastUsedAt", created_at as "createdAt"`;

/** Those of a company, or all. */
export const listCredentials = (sql: Sql, companyId?: string): Promise<StoredCredential[]> =>
  sql.query(`select ${STORED} from credentials where $1::uuid is null or company_id = $1 order by created_at, id`, [
    companyId ?? null,
  ]);

export async function findCredential(sql: Sql, id: string): Promise<StoredCredential | undefined> {
  return (await sql.query<StoredCredential>(`select ${STORED} from credentials where id = $1`, [id]))[0];
}

/**
 * Gives a credential another secret. The one it had holds for `overlapMs` longer: at 0 none but the new one holds.
 * Undefined when nothing was changed: it does not hold any more, or two secrets hold already and would become three.
 */
export async function rotateCredential(
  sql: Sql,
  { id, secret }: TokenParts,
  overlapMs: number,
): Promise<StoredCredential | undefined> {
  const rows = await sql.query<StoredCredential>(
    `update credentials
        set secret_hash = $2,
            previous_hash = case when $3::bigint > 0 then secret_hash end,
            previous_expires_at = case when $3::bigint > 0 then now() + $3::bigint * interval '1 millisecond' end
      where id = $1 and revoked_at is null and (expires_at is null or expires_at > now())
        and ($3::bigint = 0 or previous_expires_at is null or previous_expires_at <= now())
  returning ${STORED}`,
    [id, secretHash(secret), overlapMs],
  );
  return rows[0];
}

/** Ends the secret before the current one at once; false when none was live. */
export async function endPreviousSecret(sql: Sql, id: string): Promise<boolean> {
  const text = `update credentials set previous_hash = null, previous_expires_at = null
                 where id = $1 and previous_expires_at > now() returning id`;
  return (await sql.query(text, [id])).length > 0;
}

/** For good. False when it was revoked already. */
export async function revokeCredential(sql: Sql, id: string): Promise<boolean> {
  const text = 'update credentials set revoked_at = now() where id = $1 and revoked_at is null returning id';
  return (await sql.query(text, [id])).length > 0;
}

const COLUMNS: Record<keyof CredentialChanges, string> = {
  limitPerMinute: 'limit_per_minute',
  limitPerHour: 'limit_per_hour',
  expiresAt: 'expires_at',
};

/** Undefined when there is none of this id. */
export async function changeCredential(
  sql: Sql,
  id: string,
  changes: CredentialChanges,
): Promise<StoredCredential | undefined> {
  const names = (Object.keys(COLUMNS) as (keyof CredentialChanges)[]).filter((name) => changes[name] !== undefined);
  const set = names.map((name, index) => `${COLUMNS[name]} = $${index + 2}`).join(', ');
  const text = `update credentials set ${set} where id = $1 returning ${STORED}`;
  return (await sql.query<StoredCredential>(text, [id, ...names.map((name) => changes[name])]))[0];
}
