import { getMetadataStorage, IS_OPTIONAL, validateSync, type ValidationError, ValidationTypes } from 'class-validator';
import { isJsonObject, type JsonObject } from './json-object.js';
import { keepsRules } from './keeps-rules.js';
import { OwnFault } from './own-fault.js';
import { metadataOf } from './rule-metadata.js';

/**
 * A class that declares a body, a query or a job once: its rules (`rules.ts`) check what arrives, at the route and at
 * the consumer, and describe it in the OpenAPI document.
 */
export type DtoClass<T = object> = new () => T;

/** What a class says of itself as a whole. */
export interface DtoFacts {
  /** Name of its schema in the OpenAPI document. Without one the schema stands wherever the class is used. */
  name?: string;
  description?: string;
  examples?: unknown[];
  /** Fields that the class does not name are left out. Otherwise they are refused. */
  ignoresOthers?: true;
  /** Any JSON object is taken as it is: only the consumer can check it. */
  unchecked?: true;
  /** Of an unchecked one: the type of all its values. */
  valuesAre?: 'string';
  /** As a body it may be left out, or be null. */
  optional?: true;
}

/** A fault as the rules report it. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  /** Names that are no fields, all in one issue. */
  readonly keys?: readonly string[];
}

/** What is wrong with a value: in words, or at places within it. */
export type Fault = string | Issue[] | undefined;

/** What a rule says besides whether it holds. class-validator keeps it with the rule, as its `context`. */
export interface RuleFacts {
  /** Makes the value as it is stored of the value as it came; called before any rule of the field. */
  normalise?: (value: unknown) => unknown;
  /** The fault in full, where one message does not tell it. */
  faultOf?: (value: unknown, instance: object) => Fault;
  /** JSON Schema of the value. */
  schema?: JsonObject;
  /** What clients are told of it besides. */
  description?: string;
  /** Classes of which the value, or each item of it, is one. */
  nested?: () => DtoClass[];
  list?: true;
  /** The field may be left out, though not be null; it may be null, though not be left out. */
  absent?: true;
  null?: true;
}

/** A field of a class, with what all its rules say of it. */
export interface Field extends RuleFacts {
  name: string;
  /** class-validator's own rules, and their arguments. */
  rules: { name: string; constraints: unknown[]; each: boolean }[];
  /** Its value when it is left out. */
  fallback: unknown;
}

const facts = new WeakMap<object, DtoFacts>();
const fields = new WeakMap<object, Field[]>();

/**
 * Makes a class a DTO.
 * @throws OwnFault for a rule that would be skipped: asynchronous, for some groups, conditional or nested by other means
 */
export const Dto =
  (said: DtoFacts = {}): ClassDecorator =>
  (type) => {
    for (const each of metadataOf(type)) {
      const constraints = getMetadataStorage().getTargetValidatorConstraints(each.constraintCls);
      const unfit =
        (each.validateIf && 'is conditional') ||
        (each.groups?.length && 'is for some groups') ||
        (constraints.some(({ async }) => async) && 'is asynchronous') ||
        (!KINDS.includes(each.type) && 'is no rule of rules.ts');
      if (unfit) throw new OwnFault(`${type.name}.${each.propertyName}: ${each.name ?? each.type} ${unfit}`);
    }
    facts.set(type, said);
  };

/** Not `ValidateNested`: it takes a list for an object, and null for an item. */
const KINDS: string[] = [
  ValidationTypes.CUSTOM_VALIDATION,
  ValidationTypes.CONDITIONAL_VALIDATION,
  ValidationTypes.WHITELIST,
];

/** Undefined for a class that is no DTO. */
export const factsOf = (type: object | undefined): DtoFacts | undefined => type && facts.get(type);

/** The fields of a class, inherited ones first. */
export function fieldsOf(type: DtoClass<unknown>): Field[] {
  let known = fields.get(type);
  if (!known) {
    const defaults = new type() as JsonObject;
    const grouped = getMetadataStorage().groupByPropertyName(metadataOf(type));
    known = Object.entries(grouped).map(([name, rules]): Field => {
      const optional = rules.some((rule) => rule.name === IS_OPTIONAL);
      return {
        name,
        rules: rules.map(({ name = '', constraints, each }) => ({
          name,
          constraints: (constraints ?? []) as unknown[],
          each,
        })),
        fallback: defaults[name],
        ...(optional ? { absent: true, null: true } : {}),
        ...joined(rules.map(({ context }) => (context ?? {}) as RuleFacts)),
      };
    });
    fields.set(type, known);
  }
  return known;
}

const joined = (all: RuleFacts[]): RuleFacts => ({
  ...(Object.assign({}, ...all) as RuleFacts),
  schema: Object.assign({}, ...all.map(({ schema }) => schema)) as JsonObject,
});

/** Names that were given for an instance, and that its class does not have. */
const strays = new WeakMap<object, string[]>();

/** An instance that holds what was given, as it would be stored. Nothing of it is checked yet. */
export function instanceOf<T>(type: DtoClass<T>, given: JsonObject): T {
  const said = factsOf(type);
  if (!said) throw new OwnFault(`${type.name} is no DTO`);
  if (said.unchecked) return given as T;
  const instance = new type() as JsonObject;
  const known = fieldsOf(type);
  let taken = 0;
  for (const { name, normalise } of known) {
    if (!Object.hasOwn(given, name)) continue;
    taken++;
    const value = given[name];
    if (value !== undefined) instance[name] = normalise ? normalise(value) : value;
  }
  // class-validator's whitelist takes fields called `hasOwnProperty` or `__proto__`, and stumbles over `constructor`.
  if (!said.ignoresOthers && Object.keys(given).length > taken)
    strays.set(
      instance,
      Object.keys(given).filter((name) => !known.some((field) => field.name === name)),
    );
  return instance as T;
}

const OPTIONS = { forbidUnknownValues: false, validationError: { target: false } };

const faultsOfInstances = new WeakMap<object, Issue[]>();

/** What breaks the rules of an instance, in the order of its fields; fields that its class does not name come last. */
export function faultsOf(instance: object): Issue[] {
  let faults = faultsOfInstances.get(instance);
  if (!faults) {
    faults = keepsRules(instance) ? [] : validateSync(instance, OPTIONS).flatMap((error) => faultsIn(error, instance));
    const keys = strays.get(instance);
    if (keys) faults.push({ path: [], keys, message: 'is not a known field' });
    if (faults.length > 0) faultsOfInstances.set(instance, faults);
  }
  return faults;
}

function faultsIn({ property, value, constraints = {}, contexts = {} }: ValidationError, instance: object): Issue[] {
  return Object.entries(constraints).flatMap(([rule, message]) => {
    const { faultOf } = (contexts[rule] ?? {}) as RuleFacts;
    const fault = faultOf?.(value, instance) ?? message;
    return typeof fault === 'string' ? [{ path: [property], message: fault }] : inside(property, fault);
  });
}

/** Faults of a part, as faults of the whole. */
export const inside = (step: string | number, faults: readonly Issue[]): Issue[] =>
  faults.map((fault) => ({ ...fault, path: [step, ...(fault.path ?? [])] }));

/** A value that keeps the rules of a class, as an instance of it; or the rules that it breaks. */
export type Checked<T> = { value: T; issues?: undefined } | { value?: undefined; issues: Issue[] };

/** Checks a value against the rules of a class. */
export function check<T>(type: DtoClass<T>, given: unknown): Checked<T> {
  if (!isJsonObject(given)) return { issues: [{ path: [], message: noObject(type, given) }] };
  const value = instanceOf(type, given);
  const issues = value === given ? [] : faultsOf(value as object);
  return issues.length > 0 ? { issues } : { value };
}

/** What is said of a value of another type than the one that is wanted. */
export const wanted = (value: unknown, what: string): string =>
  value === undefined ? 'is required' : `must be ${what}`;

/** What is said of a value that is no object of a class. */
export const noObject = (type: DtoClass<unknown>, value: unknown): string =>
  wanted(factsOf(type)?.unchecked ? null : value, 'an object');
