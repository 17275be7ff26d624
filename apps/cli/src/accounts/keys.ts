import {
  changeCredential,
  type Credential,
  type Database,
  endPreviousSecret,
  findCredential,
  freshSecret,
  freshToken,
  hasCompany,
  insertCredential,
  listCredentials,
  revokeCredential,
  rotateCredential,
  SCOPES,
  tokenOf,
} from '@herald/database';
import { Failure } from '@herald/operator';
import { z } from 'zod';
import { withGivenDatabase } from '../given-database.js';
import { duration, line, moment, readOptions, uuid } from '../options.js';
import { printCreated } from '../print-created.js';
import { keyTable } from './key-table.js';

const LONGEST_OVERLAP_DAYS = 90;

/** `default` (null), `none` (0) or a number of requests. */
const limit = z
  .string()
  .regex(/^(default|none|[1-9]\d{0,8})$/, 'must be a whole number above 0, none or default')
  .transform((text) => (text === 'default' ? null : text === 'none' ? 0 : Number(text)));

const Changes = z.object({
  limitPerMinute: limit.optional(),
  limitPerHour: limit.optional(),
  expires: moment.optional(),
});

const NewKey = Changes.extend({
  company: uuid(),
  name: line(200),
  scope: z.array(z.enum(SCOPES, `must be of ${SCOPES.join(', ')}`)).transform((scopes) => [...new Set(scopes)]),
  author: z.array(line(100)).optional(),
  environment: z.string().regex(/^[a-z]{1,20}$/, 'must be 1 to 20 lower-case letters'),
});

const Rotation = z.object({ overlap: duration(LONGEST_OVERLAP_DAYS) });

/** The id of a key. The key itself is also accepted. */
const KeyId = z.object({
  id: z
    .string()
    .regex(/^(hrld_[a-z]+_)?[0-9a-z]{8,32}(_[0-9A-Za-z]+)?$/, 'must be the id of a key, as `keys list` shows it')
    .transform((text) => text.split('_')[text.startsWith('hrld_') ? 2 : 0] as string),
});

export interface KeyChanges {
  limitPerMinute?: string;
  limitPerHour?: string;
  expires?: string;
  json?: boolean;
}

export interface KeyOptions extends KeyChanges {
  company: string;
  name: string;
  scope: string[];
  author?: string[];
  environment: string;
}

const inDatabase = <T>(work: (database: Database) => Promise<T>) => withGivenDatabase('keys', work);

/** @throws Failure when there is no such company */
export async function createKey(options: KeyOptions): Promise<void> {
  const {
    company: companyId,
    scope: scopes,
    author: authorLogins,
    expires: expiresAt,
    ...rest
  } = readOptions(NewKey, options);
  const parts = freshToken();
  const key = await inDatabase(async (database) => {
    if (!(await hasCompany(database, companyId))) throw new Failure(`There is no company ${companyId}.`);
    await insertCredential(database, parts, { companyId, scopes, authorLogins, expiresAt, ...rest });
    return requireKey(database, parts.id);
  });
  printKey(key, parts.secret, options.json, 'It is shown this once and cannot be had again:');
}

export async function showKeys(options: { company?: string; json?: boolean }): Promise<void> {
  const { company } = readOptions(z.object({ company: uuid().optional() }), options);
  const keys = await inDatabase((database) => listCredentials(database, company));
  console.log(options.json ? JSON.stringify(keys, null, 2) : keyTable(keys));
}

/** @throws Failure when the key is no longer valid, or already has two valid secrets */
export async function rotateKey(typedId: string, options: { overlap: string; json?: boolean }): Promise<void> {
  const { id } = readOptions(KeyId, { id: typedId });
  const { overlap } = readOptions(Rotation, options);
  const secret = freshSecret();
  const key = await inDatabase(async (database) => {
    const rotated = await rotateCredential(database, { id, secret }, overlap);
    if (rotated) return rotated;
    const { state, previousExpiresAt } = await requireKey(database, id);
    if (state !== 'rotating') throw new Failure(`The key ${id} is ${state}: make a new one with \`keys create\`.`);
    throw new Failure(
      `The secret before the current one of ${id} holds until ${previousExpiresAt?.toISOString()}. ` +
        `End it with \`keys revoke ${id} --previous\`, or all but a new one with --overlap 0.`,
    );
  });
  const until = key.previousExpiresAt?.toISOString();
  const rest = until ? `The secret before it holds until ${until}.` : 'No other secret of it holds any more.';
  printKey(key, secret, options.json, `${rest} The new one is shown this once and cannot be had again:`);
}

/** Revokes a key, or only its previous secret. Revoking a revoked key again is not an error. */
export async function revokeKey(typedId: string, options: { previous?: boolean; json?: boolean }): Promise<void> {
  const { id } = readOptions(KeyId, { id: typedId });
  const key = await inDatabase(async (database) => {
    await requireKey(database, id);
    const ended = await (options.previous ? endPreviousSecret : revokeCredential)(database, id);
    if (options.previous && !ended) throw new Failure(`The key ${id} has only one live secret.`);
    return requireKey(database, id);
  });
  const subject = options.previous ? 'The secret before the current one' : `The key "${key.name}"`;
  const note = `${subject} is refused everywhere within a second.`;
  printCreated({ created: id, note, json: options.json ? key : undefined });
}

/** @throws Failure when no change is given */
export async function changeKey(typedId: string, options: KeyChanges): Promise<void> {
  const { id } = readOptions(KeyId, { id: typedId });
  const { expires: expiresAt, ...limits } = readOptions(Changes, options);
  const changes = { ...limits, expiresAt };
  if (Object.values(changes).every((value) => value === undefined)) throw new Failure('Say what to change.');
  const key = await inDatabase(async (database) => {
    const { state } = await requireKey(database, id);
    if (state === 'revoked') throw new Failure(`The key ${id} is revoked, for good.`);
    return (await changeCredential(database, id, changes)) ?? (await requireKey(database, id));
  });
  console.log(options.json ? JSON.stringify(key, null, 2) : keyTable([key]));
}

/** @throws Failure when there is no such key */
async function requireKey(database: Database, id: string): Promise<Credential> {
  const key = await findCredential(database, id);
  if (!key) throw new Failure(`There is no key ${id}.`);
  return key;
}

function printKey(key: Credential, secret: string, json: boolean | undefined, remark: string): void {
  const token = tokenOf({ id: key.id, secret }, key.environment);
  const note = `The key "${key.name}" (${key.scopes.join(', ')}). ${remark}`;
  printCreated({ created: token, note, json: json ? Object.assign({}, key, { token }) : undefined });
}
