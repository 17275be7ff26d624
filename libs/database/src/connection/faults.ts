/**
 * SQLSTATE classes and codes for a server that is unavailable, out of resources or refuses logins, rather than for a
 * wrong statement. Login errors count too: passwords change and databases are restored while services run.
 */
const OUTAGE_CLASSES = ['08', '28', '53', '57', '58'];
const OUTAGE_CODES = new Set(['25006', '25P03', '3D000', '55P03']);
/** 57014 is a statement that exceeded its time limit: a temporary fault of that statement. */
const NOT_AN_OUTAGE = new Set(['57014']);
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
const CLIENT_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|not queryable|Connection ended/;

/** Returns true when Postgres was unavailable; the statement itself may be correct. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') {
    if (NOT_AN_OUTAGE.has(code)) return false;
    if (OUTAGE_CODES.has(code) || NETWORK_CODES.has(code)) return true;
    if (code.length === 5 && OUTAGE_CLASSES.includes(code.slice(0, 2))) return true;
  }
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  return CLIENT_MESSAGES.test(error.message) || isOutage(error.cause);
}

/** Returns true when Postgres rejected the data itself (class 22 and 23), so that a retry would fail again. */
export function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.length === 5 && (code.startsWith('22') || code.startsWith('23'));
}

/** Returns true when the database lacks a table or column that this version needs. */
export const isOldSchema = (error: unknown): boolean =>
  ['42P01', '42703'].includes(String((error as { code?: unknown } | null)?.code));

/** Returns true when a row with this key already exists. */
export const isDuplicateKey = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === '23505';

/** Returns true when a retry may succeed: the statement conflicted with another one, or took too long. */
export const isPassing = (error: unknown): boolean =>
  /^(40|55|57014)/.test(String((error as { code?: unknown } | null)?.code));

/** Returns the reason of a failure in Herald's own words, because the texts of Postgres quote rows. */
export function wordsOf(error: Error): string {
  const { code, constraint } = error as { code?: unknown; constraint?: string };
  if (typeof code !== 'string' || code.length !== 5) return error.message;
  if (isDuplicateKey(error)) return 'correlationId is in use';
  if (['22021', '22P02', '22P05'].includes(code)) return 'holds characters that cannot be stored';
  const which = [code, constraint].filter(Boolean).join(', ');
  return isDataError(error) ? `cannot be stored (${which})` : `the database could not do it (${which})`;
}
