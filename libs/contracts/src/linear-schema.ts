import { Ajv, type ValidateFunction } from 'ajv';
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import type { JsonObject } from './json-object.js';

const MAX_SCHEMA_BYTES = 16 * 1024;
const MAX_DEPTH = 12;
/** Maximum number of subschemas after references are resolved; limits the work of one validation. */
const MAX_SUBSCHEMAS = 500;
/** Maximum number of states of all patterns together. A text of 10,000 characters then takes well under a second. */
const MAX_PATTERN_STATES = 4000;

class Unfit extends Error {}

function unfit(reason: string): never {
  throw new Unfit(reason);
}

/** Compiles patterns with RE2, which does not backtrack, so that no text can make a pattern hang. */
const linearRegExp = Object.assign((pattern: string) => RE2JS.compile(RE2JS.translateRegExp(pattern)), {
  code: 'linearRegExp',
});

type Validate = ValidateFunction<Record<string, unknown>>;

function compile(schema: JsonObject): Validate {
  // Each schema gets its own instance, because schemas of two types may have the same $id.
  const ajv = new Ajv({
    strict: true,
    strictTypes: true,
    allowUnionTypes: true,
    logger: false,
    ownProperties: true,
    code: { regExp: linearRegExp },
  });
  return ajv.compile<Record<string, unknown>>(schema);
}

const compiled = new LRUCache<string, Validate>({ max: 200 });

/** Returns the validator of a schema that `checkSchema` accepted; cached by content, so that notifications share it. */
export function validatorOf(schema: JsonObject): Validate {
  const key = JSON.stringify(schema);
  let validate = compiled.get(key);
  if (!validate) compiled.set(key, (validate = compile(schema)));
  return validate;
}

/** Returns why a schema may not be used; undefined when it validates any text in bounded time. */
export function checkSchema(schema: JsonObject): string | undefined {
  try {
    if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES)
      unfit(`must be at most ${MAX_SCHEMA_BYTES} bytes of JSON`);
    if (schema.$async !== undefined) unfit('must not be asynchronous');
    visit(schema, { root: schema, subschemas: 0, states: 0 }, 1, []);
    compile(schema);
  } catch (error) {
    return (error as Error).message.slice(0, 300);
  }
  return undefined;
}

interface Walk {
  root: JsonObject;
  subschemas: number;
  states: number;
}

/** Follows references as a validation does, to find schemas that loop or become too large. */
function visit(value: unknown, walk: Walk, depth: number, following: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) unfit(`must be at most ${MAX_DEPTH} levels deep`);
  if (++walk.subschemas > MAX_SUBSCHEMAS) unfit(`must hold at most ${MAX_SUBSCHEMAS} subschemas, references followed`);
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'pattern' && typeof inner === 'string') countStates(inner, walk);
    if (key === 'patternProperties' && typeof inner === 'object' && inner !== null) {
      for (const pattern of Object.keys(inner)) countStates(pattern, walk);
    }
    if (key === '$ref') follow(inner, walk, depth, following);
    else visit(inner, walk, depth + 1, following);
  }
}

function follow(reference: unknown, walk: Walk, depth: number, following: string[]): void {
  if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference))
    unfit('must refer only to its own parts, as in "#/definitions/name"');
  if (following.includes(reference)) unfit(`must not refer to itself: ${reference}`);
  visit(at(walk.root, reference), walk, depth + 1, [...following, reference]);
}

function at(root: JsonObject, reference: string): unknown {
  const steps = reference.split('/').slice(1);
  return steps.reduce<unknown>((part, step) => {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    const inner =
      typeof part === 'object' && part !== null && Object.hasOwn(part, key) ? (part as JsonObject)[key] : undefined;
    return inner === undefined ? unfit(`has no part ${reference}`) : inner;
  }, root);
}

function countStates(pattern: string, walk: Walk): void {
  try {
    walk.states += linearRegExp(pattern).programSize();
  } catch (error) {
    unfit(`pattern ${pattern.slice(0, 80)} is not RE2: ${(error as Error).message}`);
  }
  if (walk.states > MAX_PATTERN_STATES) unfit('has patterns that are too large');
}
