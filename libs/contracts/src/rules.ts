import { Allow, IsIn, ValidateBy, ValidateIf } from 'class-validator';
import {
  type DtoClass,
  factsOf,
  type Fault,
  faultsOf,
  inside,
  instanceOf,
  type Issue,
  noObject,
  type RuleFacts,
  wanted,
} from './dto.js';
import { faultOfJson, isJsonObject, type JsonObject } from './json-object.js';
import { faultOfText, isLonger, isUuid, storedText, tooLong } from './text.js';
import { inUtc, readMoment, zoned } from './timestamp.js';

type FaultOf = (value: unknown, instance: object) => Fault;

/** A rule of class-validator's kind that words its own faults; see `RuleFacts` for what else it may say. */
export function rule(name: string, faultOf: FaultOf, facts: RuleFacts = {}): PropertyDecorator {
  const said = (fault: Fault) => (typeof fault === 'string' ? fault : 'is not valid');
  return ValidateBy(
    {
      name,
      validator: {
        validate: (value, args) => faultOf(value, args?.object as object) === undefined,
        defaultMessage: (args) => said(faultOf(args?.value, args?.object as object)),
      },
    },
    { context: { ...facts, faultOf } },
  );
}

/** A rule of texts alone; whatever is none is refused for that. */
export const textRule = (name: string, faultOf: (text: string) => Fault, facts: RuleFacts = {}) =>
  rule(name, (value) => (typeof value === 'string' ? faultOf(value) : wanted(value, 'a string')), {
    ...facts,
    schema: { type: 'string', ...facts.schema },
  });

/** What is made of texts before they are checked; other values are left to the rule. */
export const ofText =
  (normalise: (text: string) => unknown) =>
  (value: unknown): unknown =>
    typeof value === 'string' ? normalise(value) : value;

export const listRule = (name: string, faultOf: (list: unknown[]) => Fault, facts: RuleFacts = {}) =>
  rule(name, (value) => (Array.isArray(value) ? faultOf(value) : wanted(value, 'an array')), { ...facts, list: true });

/** Undefined where no item has a fault. */
export function faultsOfItems(list: readonly unknown[], faultOf: (item: unknown) => Fault): Issue[] | undefined {
  const faults = list.flatMap((item, index) => {
    const fault = faultOf(item);
    return fault === undefined ? [] : inside(index, typeof fault === 'string' ? [{ message: fault }] : fault);
  });
  return faults.length > 0 ? faults : undefined;
}

/** What clients are told of a field besides its rules. */
export const Described = (description: string) => Allow({ context: { description } });

/** May be left out, but not be null; where null means the same, a field says `IsOptional`. */
export const MayBeAbsent = (): PropertyDecorator => (type, name) =>
  ValidateIf((instance: JsonObject) => instance[name as string] !== undefined, { context: { absent: true } })(
    type,
    name,
  );

/** Is always there, and null where there is nothing. */
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

/** Any UUID, stored in lower case. class-validator's own rule refuses some that exist. */
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
      if (typeof value !== 'number') return wanted(value, 'a number');
      return Number.isSafeInteger(value) && value > 0 ? undefined : 'must be a whole number above 0';
    },
    { schema: { type: 'integer', exclusiveMinimum: 0 } },
  );

export const IsOneOf = (values: readonly string[]) =>
  IsIn([...values], { message: `must be one of ${values.join(', ')}` });

const NAME = /^[a-z][a-z0-9_]{0,49}$/;

/** Undefined for a name that machines read: lower-case letters, digits and `_`. */
export function faultOfName(value: unknown, message: string): string | undefined {
  if (typeof value !== 'string') return wanted(value, 'a string');
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

/** A moment: strict ISO 8601 in, ISO 8601 in UTC with milliseconds out (contracts README, "Times"). */
export const IsMoment = () => time('isMoment', inUtc);

/** A moment that is kept as it was written; one without a zone says that it is in UTC. */
export const IsWrittenTime = () => time('isWrittenTime', zoned);

/** Not `URL.canParse`: Node 20's, once it is hot, refuses what holds a Latin-1 letter. */
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
      // The length first: host names are normalized when they are parsed.
      if (isLonger(text, max)) return tooLong(max);
      return /^https:\/\/[^\s\p{Cc}\p{Cs}]+$/iu.test(text) && isUrl(text) ? undefined : 'must be an https URL';
    },
    { schema: { maxLength: max } },
  );

/** Within the bounds of objects that are the sender's own (contracts README, "Metadata and context"). */
export const IsBoundedJson = () =>
  rule('isBoundedJson', faultOfJson, { schema: { type: 'object', additionalProperties: true } });

/** Any JSON object, however it may be filled: for what the consumer alone can check. */
export const IsAnyJson = () =>
  rule('isAnyJson', (value) => (isJsonObject(value) ? undefined : 'must be an object'), {
    schema: { type: 'object', additionalProperties: true },
  });

/** An object of any keys, whose values are all of these types. */
export const IsRecord = (...types: ('string' | 'number' | 'boolean' | 'integer')[]) =>
  rule(
    'isRecord',
    (value) => {
      if (!isJsonObject(value)) return wanted(value, 'an object');
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
  return factsOf(type)?.unchecked && isJsonObject(value) ? undefined : noObject(type, value);
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

/** A list of objects of any of the classes, which Herald gives and nobody checks. */
export const ListOfAny = (types: () => DtoClass[]) => listRule('listOfAny', () => undefined, { nested: types });

export const HasAtMost = (max: number) =>
  rule('hasAtMost', (value) => (Array.isArray(value) && value.length > max ? `must be at most ${max}` : undefined), {
    schema: { maxItems: max },
  });
