import { Allow, IsIn, ValidateBy, ValidateIf } from 'class-validator';
import {
  type DtoClass,
  factsOf,
  type Fault,
  faultsOf,
  inside,
  instanceOf,
  type Issue,
  objectFault,
  type RuleFacts,
  typeFault,
} from './dto.js';
import { faultOfJson, isJsonObject, type JsonObject } from './json-object.js';
import { faultOfText, isLonger, isUuid, storedText, tooLong } from './text.js';
import { inUtc, readMoment, withZone } from './timestamp.js';

type FaultOf = (value: unknown, instance: object) => Fault;

/** Declares a class-validator rule with its own texts for faults; see `RuleFacts` for its other properties. */
export function rule(name: string, faultOf: FaultOf, facts: RuleFacts = {}): PropertyDecorator {
  const textOf = (fault: Fault) => (typeof fault === 'string' ? fault : 'is not valid');
  return ValidateBy(
    {
      name,
      validator: {
        validate: (value, args) => faultOf(value, args?.object as object) === undefined,
        defaultMessage: (args) => textOf(faultOf(args?.value, args?.object as object)),
      },
    },
    { context: { ...facts, faultOf } },
  );
}

/** Declares a rule for texts; other values are refused. */
export const textRule = (name: string, faultOf: (text: string) => Fault, facts: RuleFacts = {}) =>
  rule(name, (value) => (typeof value === 'string' ? faultOf(value) : typeFault(value, 'a string')), {
    ...facts,
    schema: { type: 'string', ...facts.schema },
  });

/** Normalizes texts before they are checked; other values are left to the rule. */
export const ofText =
  (normalise: (text: string) => unknown) =>
  (value: unknown): unknown =>
    typeof value === 'string' ? normalise(value) : value;

export const listRule = (name: string, faultOf: (list: unknown[]) => Fault, facts: RuleFacts = {}) =>
  rule(name, (value) => (Array.isArray(value) ? faultOf(value) : typeFault(value, 'an array')), {
    ...facts,
    list: true,
  });

/** Returns the faults of all items; undefined without faults. */
export function faultsOfItems(list: readonly unknown[], faultOf: (item: unknown) => Fault): Issue[] | undefined {
  const faults = list.flatMap((item, index) => {
    const fault = faultOf(item);
    return fault === undefined ? [] : inside(index, typeof fault === 'string' ? [{ message: fault }] : fault);
  });
  return faults.length > 0 ? faults : undefined;
}

/** Describes a field for API clients. */
export const Described = (description: string) => Allow({ context: { description } });

/** Allows a field to be left out, but not to be null; `IsOptional` allows both. */
export const MayBeAbsent = (): PropertyDecorator => (type, name) =>
  ValidateIf((instance: JsonObject) => instance[name as string] !== undefined, { context: { absent: true } })(
    type,
    name,
  );

/** Allows null in a field that is always present. */
export const MayBeNull = (): PropertyDecorator => (type, name) =>
  ValidateIf((instance: JsonObject) => instance[name as string] !== null, { context: { null: true } })(type, name);

const ruled = (max: number, lines: boolean, faultOf: (text: string) => Fault = () => undefined) =>
  textRule(lines ? 'isText' : 'isLine', (text) => faultOfText(text, max, lines) ?? faultOf(text), {
    normalise: ofText((text) => storedText(text, max)),
    schema: { minLength: 1, maxLength: max },
  });

/** A title or a login: 1 to `max` code points on one line, at least one of them visible (contracts README, "Text"). */
export const IsLine = (max: number) => ruled(max, false);

/** A body: as `IsLine`, with tabs and line breaks allowed. */
export const IsText = (max: number) => ruled(max, true);

export const IsEmailAddress = (max: number) =>
  ruled(max, false, (text) => (/^[^\s@]+@[^\s@]+$/.test(text) ? undefined : 'must be an e-mail address'));

const faultOfUuid = (value: unknown) => (isUuid(value) ? undefined : 'must be a UUID');
const UUID_LENGTH = 36;
const lower = ofText((text) => (text.length === UUID_LENGTH ? text.toLowerCase() : text));

/** Any UUID, stored in lower case. class-validator's own rule refuses some valid ones. */
export const IsId = () => rule('isId', faultOfUuid, { normalise: lower, schema: { type: 'string', format: 'uuid' } });

/** 1 to `max` UUIDs. */
export const AreIds = (max: number) =>
  listRule(
    'areIds',
    (ids) => (ids.length === 0 || ids.length > max ? `must be 1 to ${max}` : faultsOfItems(ids, faultOfUuid)),
    {
      normalise: (ids) => (Array.isArray(ids) ? ids.map(lower) : ids),
      schema: { items: { type: 'string', format: 'uuid' } },
    },
  );

/** The id of a merchant, a conversation or its notification: a whole number that JSON carries exactly. */
export const IsNumericId = () =>
  rule(
    'isNumericId',
    (value) => {
      if (typeof value !== 'number') return typeFault(value, 'a number');
      return Number.isSafeInteger(value) && value > 0 ? undefined : 'must be a whole number above 0';
    },
    { schema: { type: 'integer', exclusiveMinimum: 0 } },
  );

export const IsOneOf = (values: readonly string[]) =>
  IsIn([...values], { message: `must be one of ${values.join(', ')}` });

const NAME = /^[a-z][a-z0-9_]{0,49}$/;

/** Returns undefined for an identifier of lower-case letters, digits and `_`, else `message`. */
export function faultOfName(value: unknown, message: string): string | undefined {
  if (typeof value !== 'string') return typeFault(value, 'a string');
  return NAME.test(value) ? undefined : message;
}

export const IsName = (message: string) =>
  rule('isName', (value) => faultOfName(value, message), { schema: { type: 'string', pattern: NAME.source } });

const MALFORMED = 'must be a date and time in ISO 8601';
const time = (name: string, normalise: (text: string) => string | undefined) =>
  textRule(name, (text) => (readMoment(text) ? undefined : MALFORMED), {
    normalise: ofText((text) => normalise(text) ?? text),
    schema: { format: 'date-time' },
  });

/** A time in strict ISO 8601, stored in UTC with milliseconds (contracts README, "Times"). */
export const IsMoment = () => time('isMoment', inUtc);

/** A time that is stored as written, with `Z` added if it has no zone. */
export const IsWrittenTime = () => time('isWrittenTime', withZone);

/** Avoids `URL.canParse`: once optimized, Node 20's refuses URLs with Latin-1 letters. */
function isUrl(value: string): boolean {
  try {
    return Boolean(new URL(value));
  } catch {
    return false;
  }
}

/** An address of at most `max` code points that is stored and never fetched. */
export const IsHttpsUrl = (max: number) =>
  textRule(
    'isHttpsUrl',
    (text) => {
      // The length is checked first, because parsing normalizes host names.
      if (isLonger(text, max)) return tooLong(max);
      return /^https:\/\/[^\s\p{Cc}\p{Cs}]+$/iu.test(text) && isUrl(text) ? undefined : 'must be an https URL';
    },
    { schema: { maxLength: max } },
  );

/** A free-form object within the limits (contracts README, "Metadata and context"). */
export const IsBoundedJson = () =>
  rule('isBoundedJson', faultOfJson, { schema: { type: 'object', additionalProperties: true } });

/** Any JSON object; for content that only the consumer can check. */
export const IsAnyJson = () =>
  rule('isAnyJson', (value) => (isJsonObject(value) ? undefined : 'must be an object'), {
    schema: { type: 'object', additionalProperties: true },
  });

/** An object with any keys, whose values all have one of these types. */
export const IsRecord = (...types: ('string' | 'number' | 'boolean' | 'integer')[]) =>
  rule(
    'isRecord',
    (value) => {
      if (!isJsonObject(value)) return typeFault(value, 'an object');
      const isGood = (item: unknown) =>
        types.some((type) => (type === 'integer' ? Number.isInteger(item) : typeof item === type));
      return Object.values(value).every(isGood) ? undefined : `must have values of the type ${types.join(' or ')}`;
    },
    { schema: { type: 'object', additionalProperties: { type: types.length > 1 ? types : types[0] } } },
  );

const built = (type: DtoClass) => (value: unknown) => (isJsonObject(value) ? instanceOf(type, value) : value);

function faultOfNested(type: DtoClass, value: unknown): Fault {
  if (value instanceof type) {
    const faults = faultsOf(value);
    return faults.length > 0 ? faults : undefined;
  }
  return factsOf(type)?.unchecked && isJsonObject(value) ? undefined : objectFault(type, value);
}

/** An object of the class. */
export const Nested = (type: () => DtoClass) =>
  rule('nested', (value) => faultOfNested(type(), value), {
    normalise: (value) => built(type())(value),
    nested: () => [type()],
  });

/** A list of objects of the class. */
export const NestedList = (type: () => DtoClass) =>
  listRule('nestedList', (list) => faultsOfItems(list, (item) => faultOfNested(type(), item)), {
    normalise: (value) => (Array.isArray(value) ? value.map(built(type())) : value),
    nested: () => [type()],
  });

/** A list of objects of any of the classes, in Herald's responses; not checked. */
export const ListOfAny = (types: () => DtoClass[]) => listRule('listOfAny', () => undefined, { nested: types });

export const HasAtMost = (max: number) =>
  rule('hasAtMost', (value) => (Array.isArray(value) && value.length > max ? `must be at most ${max}` : undefined), {
    schema: { maxItems: max },
  });
