import type { OpsUser } from './auth/ops-users.js';

const HIDDEN = '•••';
/** Keys whose values say which message or whose, and not what it says. */
const ID_KEY =
  /^(v|ids?|alone|replyTo|deadline|(correlation|company|merchant|notification|conversation|message|user)_?id)$/i;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const MAX_DEPTH = 8;

const sees = ({ role }: Pick<OpsUser, 'role'>) => role === 'admin';

/** A message's content without what it says: ids stay, texts and numbers do not. */
export function onlyIds(value: unknown, key = '', depth = 0): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value))
    return depth < MAX_DEPTH ? value.slice(0, 200).map((each) => onlyIds(each, key, depth + 1)) : HIDDEN;
  if (typeof value === 'object') return depth < MAX_DEPTH ? fieldsOf(value, depth) : HIDDEN;
  if (typeof value === 'number') return ID_KEY.test(key) ? value : HIDDEN;
  return typeof value === 'string' && UUID.test(value) ? value : HIDDEN;
}

/** What a producer called its fields may be personal too: what does not look like the name of a field is hidden. */
function fieldsOf(value: object, depth: number): object {
  const fields = Object.entries(value).map(([key, field]) =>
    /^[a-z$][\w$]{0,30}$/i.test(key) ? [key, onlyIds(field, key, depth + 1)] : [HIDDEN, HIDDEN],
  );
  return Object.fromEntries(fields) as object;
}

/** An error may quote what it was about. */
export const withoutQuotes = (text: string): string => text.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, `"${HIDDEN}"`);

/** A job's name comes from its producer: garbage may be called anything. */
export const jobNameFor = (user: Pick<OpsUser, 'role'>, name: string): string =>
  sees(user) || /^[a-z][a-z.-]{0,40}$/.test(name) ? name : HIDDEN;

/** The text of an error, as far as this user may read it. */
export const errorFor = (user: OpsUser, error: string): string => (sees(user) ? error : withoutQuotes(error));

/** A content that is kept as text, made readable; garbage stays as it is. */
export function contentFor(user: OpsUser, content: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    return sees(user) ? content : HIDDEN;
  }
  return JSON.stringify(sees(user) ? parsed : onlyIds(parsed), null, 2);
}
