import { hash, randomBytes } from 'node:crypto';
import { IsNull, Raw } from 'typeorm';
import { insertNew } from './accounts.js';
import type { Database } from '../connection/database.js';
import { Credential } from '../schema/entities/credential.entity.js';

export type NewCredential = Pick<Credential, 'companyId' | 'name' | 'scopes'> &
  Partial<
    Pick<Credential, 'environment' | 'authorLogins' | 'limitPerMinute' | 'limitPerHour' | 'expiresAt' | 'revokedAt'>
  >;

/** Columns of a credential to change; absent ones stay. */
export type CredentialChanges = Partial<Pick<Credential, 'limitPerMinute' | 'limitPerHour' | 'expiresAt'>>;

/** The parts of a token that only its holder knows, in hex, so that a token is a single word. */
export interface TokenParts {
  id: string;
  secret: string;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;

export const freshSecret = (): string => randomBytes(SECRET_BYTES).toString('hex');

/** Creates the parts of a new token. */
export const freshToken = (): TokenParts => ({ id: randomBytes(ID_BYTES).toString('hex'), secret: freshSecret() });

/** Returns the token `hrld_<env>_<id>_<secret>`; it is shown only once. */
export const tokenOf = ({ id, secret }: TokenParts, environment: string): string =>
  `hrld_${environment}_${id}_${secret}`;

export const secretHash = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Stores a credential with the hash of its secret. An existing credential with the same id is not changed. */
export async function insertCredential(
  database: Database,
  { id, secret }: TokenParts,
  credential: NewCredential,
): Promise<void> {
  const row = { ...credential, id, secretHash: secretHash(secret) };
  await database.repository(Credential, (credentials) => insertNew(credentials, row));
}

/** Returns the credentials of a company, or all. */
export const listCredentials = (database: Database, companyId?: string): Promise<Credential[]> =>
  database.repository(Credential, (credentials) =>
    credentials.find({ where: companyId ? { companyId } : {}, order: { createdAt: 'ASC', id: 'ASC' } }),
  );

export const findCredential = (database: Database, id: string): Promise<Credential | null> =>
  database.repository(Credential, (credentials) => credentials.findOneBy({ id }));

// The clock of Postgres is the same for all processes.
const NULL_OR_FUTURE = Raw((time) => `(${time} is null or ${time} > now())`);
const NULL_OR_PAST = Raw((time) => `(${time} is null or ${time} <= now())`);
const FUTURE = Raw((time) => `${time} > now()`);

/**
 * Gives a credential a new secret. The previous one stays valid for `overlapMs`; with 0 it ends immediately.
 * @returns null when nothing was changed: the credential is no longer valid, or already has two valid secrets
 */
export const rotateCredential = (
  database: Database,
  { id, secret }: TokenParts,
  overlapMs: number,
): Promise<Credential | null> =>
  database.repository(Credential, async (credentials) => {
    const overlaps = overlapMs > 0;
    const rotated = await credentials.update(
      { id, revokedAt: IsNull(), expiresAt: NULL_OR_FUTURE, ...(overlaps && { previousExpiresAt: NULL_OR_PAST }) },
      {
        secretHash: secretHash(secret),
        previousHash: overlaps ? () => 'secret_hash' : null,
        previousExpiresAt: overlaps ? () => `now() + interval '${overlapMs} milliseconds'` : null,
      },
    );
    return rotated.affected ? credentials.findOneBy({ id }) : null;
  });

/** Ends the previous secret immediately. @returns false when none was valid */
export const endPreviousSecret = (database: Database, id: string): Promise<boolean> =>
  database.repository(Credential, async (credentials) => {
    const over = { previousHash: null, previousExpiresAt: null };
    return !!(await credentials.update({ id, previousExpiresAt: FUTURE }, over)).affected;
  });

/** Revokes a credential permanently. @returns false when it was already revoked */
export const revokeCredential = (database: Database, id: string): Promise<boolean> =>
  database.repository(Credential, async (credentials) => {
    const revoked = { revokedAt: () => 'now()' };
    return !!(await credentials.update({ id, revokedAt: IsNull() }, revoked)).affected;
  });

/** @returns null when no credential has this id */
export const changeCredential = (
  database: Database,
  id: string,
  changes: CredentialChanges,
): Promise<Credential | null> =>
  database.repository(Credential, async (credentials) => {
    await credentials.update(id, changes);
    return credentials.findOneBy({ id });
  });
