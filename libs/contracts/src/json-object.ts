export type JsonObject = Record<string, unknown>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const MAX_DEPTH = 8;
const MAX_KEYS = 100;
/** Maximum size of the JSON text in UTF-8. */
export const MAX_JSON_BYTES = 4096;

const FORBIDDEN_CHARACTER = /(?![\t\n\r])\p{Cc}|\p{Cs}/u;

class OutOfBounds extends Error {}

function refuse(reason: string): never {
  throw new OutOfBounds(reason);
}

/** The remaining budget of keys, and of bytes when counted at their minimum. */
interface Budget {
  keys: number;
  bytes: number;
}

/** Spends bytes before a value is read, so that a value that is too long is refused unread. */
function spend(budget: Budget, bytes: number): void {
  if ((budget.bytes -= bytes) < 0) refuse(`must be at most ${MAX_JSON_BYTES} bytes of JSON`);
}

function checkString(value: string, budget: Budget): void {
  spend(budget, value.length + 2);
  if (FORBIDDEN_CHARACTER.test(value)) refuse('must not hold control characters or lone surrogates');
}

/** Stops as soon as the limits are exceeded, so that refusing a hostile document is cheap. */
function checkValue(value: unknown, depth: number, budget: Budget): void {
  if (typeof value === 'string') return checkString(value, budget);
  spend(budget, 1);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      refuse('must not hold numbers that JSON cannot carry exactly; send them as strings');
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) refuse(`must be at most ${MAX_DEPTH} levels deep`);
  spend(budget, 1);
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1, budget);
    return;
  }
  const keys = Object.keys(value);
  if ((budget.keys -= keys.length) < 0) refuse(`must have at most ${MAX_KEYS} keys in all`);
  for (const key of keys) {
    if (key === '__proto__') refuse('must not have a key __proto__');
    checkString(key, budget);
    checkValue((value as JsonObject)[key], depth + 1, budget);
  }
}

/**
 * Returns why a free-form object (metadata, context) may not be stored: it may have depth 8, 100 keys in all, 4 KiB of
 * JSON, and nothing that Postgres could not store and return unchanged (contracts README, "Metadata and context").
 */
export function faultOfJson(value: unknown): string | undefined {
  if (!isJsonObject(value)) return 'must be an object';
  try {
    checkValue(value, 1, { keys: MAX_KEYS, bytes: MAX_JSON_BYTES });
  } catch (error) {
    if (error instanceof OutOfBounds) return error.message;
    throw error;
  }
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_JSON_BYTES)
    return `must be at most ${MAX_JSON_BYTES} bytes of JSON`;
  return undefined;
}
