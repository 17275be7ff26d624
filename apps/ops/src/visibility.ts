import { isUuid } from '@herald/contracts';
import type { OpsUser } from './auth/ops-users.js';
import { maskedError, HIDDEN } from './masked-error.js';
import { FIELD_NAMES, JOB_NAMES } from './known-names.js';

const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/** Returns true when this user may read the content of messages. */
export const readsContent = ({ role }: Pick<OpsUser, 'role'>): boolean => role === 'admin';

/** Reduces content to ids: known fields keep their names, UUIDs stay, and everything else is hidden. */
export function onlyIds(value: unknown, depth = 0): unknown {
  if (value === null || isUuid(value)) return value;
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return HIDDEN;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((each) => onlyIds(each, depth + 1));
  // Field names chosen by a producer may be personal too.
  const fields = Object.entries(value).map(([key, field]) =>
    FIELD_NAMES.has(key) ? [key, onlyIds(field, depth + 1)] : [HIDDEN, HIDDEN],
  );
  return Object.fromEntries(fields) as object;
}

/** Returns a job's name as this user may read it. An unknown name is the producer's own text. */
export const jobNameFor = (user: Pick<OpsUser, 'role'>, name: string): string =>
  readsContent(user) || JOB_NAMES.has(name) ? name : HIDDEN;

/** Returns the text of an error as this user may read it. */
export const errorFor = (user: Pick<OpsUser, 'role'>, error: string): string =>
  readsContent(user) ? error : maskedError(error);

/**
 * Formats stored content for this user. For admins, text that is not JSON stays unchanged; for viewers it is hidden.
 */
export function contentFor(user: OpsUser, content: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    return readsContent(user) ? content : HIDDEN;
  }
  return JSON.stringify(readsContent(user) ? parsed : onlyIds(parsed), null, 2);
}
