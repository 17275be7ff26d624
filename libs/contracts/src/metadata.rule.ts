import { faultOfJson, isJsonObject, type JsonObject, MAX_JSON_BYTES } from './json-object.js';
import type { Issue } from './dto.js';
import { rule } from './rules.js';
import { isLonger, storedText, tooLong } from './text.js';

/**
 * Keys of the metadata that lists are filtered by, with their maximum length in code points. Values are kept in NFC.
 */
const KEYS: Record<string, number> = { agent_id: 200, query_id: 200, tool_used: Infinity };

const own = (object: JsonObject, key: string) => (Object.hasOwn(object, key) ? object[key] : undefined);

/** Returns metadata as they are stored. Metadata that exceed the limits stay unchanged and are refused later. */
function stored(given: unknown): unknown {
  if (!isJsonObject(given)) return given;
  const normalized: JsonObject = {};
  for (const [key, max] of Object.entries(KEYS)) {
    const value = own(given, key);
    if (typeof value !== 'string' || value.length > MAX_JSON_BYTES) continue;
    const text = storedText(value, max);
    if (text !== value) normalized[key] = text;
  }
  if (Object.keys(normalized).length === 0 || faultOfJson(given)) return given;
  return { ...given, ...normalized };
}

function faultOfKey(value: unknown, max: number): string | undefined {
  if (max === Infinity || value === undefined || value === null || typeof value === 'number') return undefined;
  if (typeof value !== 'string') return 'must be a string';
  return isLonger(value, max) ? tooLong(max) : undefined;
}

function faultsOfKeys(metadata: JsonObject): Issue[] | undefined {
  const faults = Object.entries(KEYS).flatMap(([key, max]) => {
    const message = faultOfKey(own(metadata, key), max);
    return message ? [{ path: [key], message }] : [];
  });
  return faults.length > 0 ? faults : undefined;
}

/** Metadata of an action: limited like all metadata, with keys that lists are filtered by. */
export const IsActionMetadata = () =>
  rule('isActionMetadata', (value) => faultOfJson(value) ?? faultsOfKeys(value as JsonObject), {
    normalise: stored,
    schema: { type: 'object', additionalProperties: true },
  });
