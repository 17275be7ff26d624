import type { Sql } from '../connection/database.js';
import type { Credential } from '../schema/entities/credential.entity.js';

/** The columns of a credential that are needed to check a token. */
export type CheckedCredential = Pick<
  Credential,
  | 'id'
  | 'companyId'
  | 'secretHash'
  | 'previousHash'
  | 'previousExpiresAt'
  | 'scopes'
  | 'authorLogins'
  | 'limitPerMinute'
  | 'limitPerHour'
  | 'expiresAt'
  | 'revokedAt'
>;

/** Plain SQL, because a gateway may read credentials only through `find_credential`. */
const COLUMNS = `id, company_id as "companyId", secret_hash as "secretHash", previous_hash as "previousHash",
         previous_expires_at as "previousExpiresAt", scopes, author_logins as "authorLogins",
         limit_per_minute as "limitPerMinute", limit_per_hour as "limitPerHour", expires_at as "expiresAt",
  revoked_at as "revokedAt"`;
/** $1 id. */
const LOOK_UP = `select ${COLUMNS} from find_credential($1)`;

/** $1 ids. */
const LOOK_UP_ALL = `
  select ${COLUMNS} from unnest($1::text[]) as given(credential), find_credential(given.credential)`;

/** $1 ids, $2 times of the last use. */
const NOTE_USE = 'select note_use_of_credentials($1, $2)';

const FINGERPRINTS = 'select fingerprints_of_secrets() as known';

/** Returns undefined when there is no such credential. */
export async function lookUpCredential(sql: Sql, id: string): Promise<CheckedCredential | undefined> {
  const [row] = await sql.query<CheckedCredential>(LOOK_UP, [id]);
  return row;
}

/** Returns those of the credentials that there are. */
export const lookUpCredentials = (sql: Sql, ids: string[]): Promise<CheckedCredential[]> =>
  sql.query(LOOK_UP_ALL, [ids]);

/** Stores when credentials were last used. */
export async function noteUses(sql: Sql, uses: [id: string, at: Date][]): Promise<void> {
  // All gateways update in the same order, so that two of them cannot deadlock.
  const sorted = uses.toSorted(([one], [other]) => (one < other ? -1 : 1));
  await sql.query(NOTE_USE, [sorted.map(([id]) => id), sorted.map(([, at]) => at)]);
}

/** Returns the sorted beginnings of the hashes of all valid secrets, each of the same length. */
export async function fingerprintsOfSecrets(sql: Sql): Promise<Buffer | undefined> {
  const [row] = await sql.query<{ known: Buffer }>(FINGERPRINTS);
  return row?.known;
}
