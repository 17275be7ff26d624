import { hash, randomBytes } from 'node:crypto';
import { IsNull, Raw } from 'typeorm';
import { insertNew } from './accounts.js';
import type { Database } from '../connection/database.js';
import { Credential } from '../schema/entities/credential.entity.js';

export type NewCredential = Pick<Credential, 'companyId' | 'name' | 'scopes'> &
  Partial<
    Pick<Credential, 'environment' | 'authorLogins' | 'limitPerMinute' | 'limitPerHour' | 'expiresAt' | 'revokedAt'>
  >;

/** The columns to change of a credential; what is absent stays. */
export type CredentialChanges = Partial<Pick<Credential, 'limitPerMinute' | 'limitPerHour' | 'expiresAt'>>;

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
export async function insertCredential(
  database: Database,
  { id, secret }: TokenParts,
  credential: NewCredential,
): Promise<void> {
  const row = { ...credential, id, secretHash: secretHash(secret) };
  await database.repository(Credential, (credentials) => insertNew(credentials, row));
}

/** The credentials of a company, or all. */
export const listCredentials = (database: Database, companyId?: string): Promise<Credential[]> =>
  database.repository(Credential, (credentials) =>
    credentials.find({ where: companyId ? { companyId } : {}, order: { createdAt: 'ASC', id: 'ASC' } }),
  );

export const findCredential = (database: Database, id: string): Promise<Credential | null> =>
  database.repository(Credential, (credentials) => credentials.findOneBy({ id }));

// By the clock of Postgres, which is the same for everyone.
const NEVER_OR_LATER = Raw((time) => `(${time} is null or ${time} > now())`);
const NEVER_OR_OVER = Raw((time) => `(${time} is null or ${time} <= now())`);
const LATER = Raw((time) => `${time} > now()`);

/**
 * Gives a credential another secret. The one it had is valid for `overlapMs` longer; at 0 only the new one is.
 * @returns null when nothing was changed: the credential is not valid any more, or has two valid secrets already
 */
export const rotateCredential = (
  database: Database,
  { id, secret }: TokenParts,
  overlapMs: number,
): Promise<Credential | null> =>
  database.repository(Credential, async (credentials) => {
    const overlaps = overlapMs > 0;
    const rotated = await credentials.update(
      { id, revokedAt: IsNull(), expiresAt: NEVER_OR_LATER, ...(overlaps && { previousExpiresAt: NEVER_OR_OVER }) },
      {
        secretHash: secretHash(secret),
        previousHash: overlaps ? () => 'secret_hash' : null,
        previousExpiresAt: overlaps ? () => `now() + interval '${overlapMs} milliseconds'` : null,
      },
    );
    return rotated.affected ? credentials.findOneBy({ id }) : null;
  });

/** Ends the secret before the current one at once. @returns false when none was valid */
export const endPreviousSecret = (database: Database, id: string): Promise<boolean> =>
  database.repository(Credential, async (credentials) => {
    const over = { previousHash: null, previousExpiresAt: null };
    return !!(await credentials.update({ id, previousExpiresAt: LATER }, over)).affected;
  });

/** Ends a credential for good. @returns false when it was revoked already */
export const revokeCredential = (database: Database, id: string): Promise<boolean> =>
  database.repository(Credential, async (credentials) => {
    const revoked = { revokedAt: () => 'now()' };
    return !!(await credentials.update({ id, revokedAt: IsNull() }, revoked)).affected;
  });

/** @returns null when there is no credential of this id */
export const changeCredential = (
  database: Database,
  id: string,
  changes: CredentialChanges,
): Promise<Credential | null> =>
  database.repository(Credential, async (credentials) => {
    await credentials.update(id, changes);
    return credentials.findOneBy({ id });
  });
