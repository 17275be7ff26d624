import { isUuid } from '@herald/contracts';
import type { OpsUser } from './auth/ops-users.js';
import { faultIn, HIDDEN } from './fault-words.js';
import { FIELD_NAMES, JOB_NAMES } from './known-names.js';

const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/** Whether this user may read what messages say. */
export const readsContent = ({ role }: Pick<OpsUser, 'role'>): boolean => role === 'admin';

/** A message's content without what it says: the fields that all messages have, and of values those that are ids. */
export function onlyIds(value: unknown, depth = 0): unknown {
  if (value === null || isUuid(value)) return value;
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return HIDDEN;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((each) => onlyIds(each, depth + 1));
  // What a producer called its own fields may be personal too.
  const fields = Object.entries(value).map(([key, field]) =>
    FIELD_NAMES.has(key) ? [key, onlyIds(field, depth + 1)] : [HIDDEN, HIDDEN],
  );
  return Object.fromEntries(fields) as object;
}

/** A job's name comes from its producer: garbage may be called anything. */
export const jobNameFor = (user: Pick<OpsUser, 'role'>, name: string): string =>
  readsContent(user) || JOB_NAMES.has(name) ? name : HIDDEN;

/** The text of an error, as far as this user may read it. */
export const errorFor = (user: Pick<OpsUser, 'role'>, error: string): string =>
  readsContent(user) ? error : faultIn(error);

/** A content that is kept as text, made readable; garbage stays as it is. */
export function contentFor(user: OpsUser, content: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    return readsContent(user) ? content : HIDDEN;
  }
  return JSON.stringify(readsContent(user) ? parsed : onlyIds(parsed), null, 2);
}
