import { getMetadataStorage, IS_OPTIONAL, validateSync, type ValidationError, ValidationTypes } from 'class-validator';
import { isJsonObject, type JsonObject } from './json-object.js';
import { passesRules } from './passes-rules.js';
import { HeraldError } from './herald-error.js';
import { metadataOf } from './rule-metadata.js';

/**
 * A class that declares a body, a query or a job once: its rules (`rules.ts`) check what arrives, at the route and at
 * the consumer, and describe it in the OpenAPI document.
 */
export type DtoClass<T = object> = new () => T;

/** Options of a DTO class. */
export interface DtoFacts {
  /** Name of its schema in the OpenAPI document. Without a name the schema is inlined wherever the class is used. */
  name?: string;
  description?: string;
  examples?: unknown[];
  /** Ignores unknown fields. By default they are refused. */
  ignoresOthers?: true;
  /** Accepts any JSON object unchanged, because only the consumer can check it. */
  unchecked?: true;
  /** With `unchecked`: the type of all its values. */
  valuesAre?: 'string';
  /** Allows a missing body or null. */
  optional?: true;
}

/** A fault found by a rule. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  /** All unknown field names, in one issue. */
  readonly keys?: readonly string[];
}

/** The fault of a value: a text, or issues at places within it. */
export type Fault = string | Issue[] | undefined;

/** Properties of a rule. class-validator stores them with the rule as its `context`. */
export interface RuleFacts {
  /** Converts a received value to the stored one; called before any rule of the field. */
  normalise?: (value: unknown) => unknown;
  /** Returns the complete fault, where a single message is not enough. */
  faultOf?: (value: unknown, instance: object) => Fault;
  /** JSON Schema of the value. */
  schema?: JsonObject;
  /** Description for API clients. */
  description?: string;
  /** Possible classes of the value or of each of its items. */
  nested?: () => DtoClass[];
  list?: true;
  /** `absent`: the field may be left out. `null`: it may be null. */
  absent?: true;
  null?: true;
}

/** A field of a class, with the properties of all its rules. */
export interface Field extends RuleFacts {
  name: string;
  /** class-validator's own rules, and their arguments. */
  rules: { name: string; constraints: unknown[]; each: boolean }[];
  /** Default value. */
  fallback: unknown;
}

const facts = new WeakMap<object, DtoFacts>();
const fields = new WeakMap<object, Field[]>();

/**
 * Makes a class a DTO.
 * @throws HeraldError for a rule that would be skipped: asynchronous, limited to groups, conditional, or nested by other
 *   means
 */
export const Dto =
  (options: DtoFacts = {}): ClassDecorator =>
  (type) => {
    for (const each of metadataOf(type)) {
      const constraints = getMetadataStorage().getTargetValidatorConstraints(each.constraintCls);
      const unfit =
        (each.validateIf && 'is conditional') ||
        (each.groups?.length && 'is for some groups') ||
        (constraints.some(({ async }) => async) && 'is asynchronous') ||
        (!KINDS.includes(each.type) && 'is no rule of rules.ts');
      if (unfit) throw new HeraldError(`${type.name}.${each.propertyName}: ${each.name ?? each.type} ${unfit}`);
    }
    facts.set(type, options);
  };

/** `ValidateNested` is missing, because it accepts a list as an object, and null as an item. */
const KINDS: string[] = [
  ValidationTypes.CUSTOM_VALIDATION,
  ValidationTypes.CONDITIONAL_VALIDATION,
  ValidationTypes.WHITELIST,
];

/** Returns the options of a DTO class; undefined for other classes. */
export const factsOf = (type: object | undefined): DtoFacts | undefined => type && facts.get(type);

/** Returns the fields of a class, inherited ones first. */
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
        ...merged(rules.map(({ context }) => (context ?? {}) as RuleFacts)),
      };
    });
    fields.set(type, known);
  }
  return known;
}

const merged = (all: RuleFacts[]): RuleFacts => ({
  ...(Object.assign({}, ...all) as RuleFacts),
  schema: Object.assign({}, ...all.map(({ schema }) => schema)) as JsonObject,
});

/** Names in the input of an instance that its class does not have. */
const unknownNames = new WeakMap<object, string[]>();

/** Creates an instance with the given values as they would be stored. Nothing is checked yet. */
export function instanceOf<T>(type: DtoClass<T>, given: JsonObject): T {
  const options = factsOf(type);
  if (!options) throw new HeraldError(`${type.name} is no DTO`);
  if (options.unchecked) return given as T;
  const instance = new type() as JsonObject;
  const known = fieldsOf(type);
  let taken = 0;
  for (const { name, normalise } of known) {
    if (!Object.hasOwn(given, name)) continue;
    taken++;
    const value = given[name];
    if (value !== undefined) instance[name] = normalise ? normalise(value) : value;
  }
  // class-validator's whitelist accepts fields called `hasOwnProperty` or `__proto__`, and fails on `constructor`.
  if (!options.ignoresOthers && Object.keys(given).length > taken)
    unknownNames.set(
      instance,
      Object.keys(given).filter((name) => !known.some((field) => field.name === name)),
    );
  return instance as T;
}

const OPTIONS = { forbidUnknownValues: false, validationError: { target: false } };

const faultsOfInstances = new WeakMap<object, Issue[]>();

/** Returns the faults of an instance in the order of its fields; unknown fields come last. */
export function faultsOf(instance: object): Issue[] {
  let faults = faultsOfInstances.get(instance);
  if (!faults) {
    faults = passesRules(instance) ? [] : validateSync(instance, OPTIONS).flatMap((error) => faultsIn(error, instance));
    const keys = unknownNames.get(instance);
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

/** Converts the faults of a part to faults of the whole. */
export const inside = (step: string | number, faults: readonly Issue[]): Issue[] =>
  faults.map((fault) => ({ ...fault, path: [step, ...(fault.path ?? [])] }));

/** A valid value as an instance of a class, or its faults. */
export type Checked<T> = { value: T; issues?: undefined } | { value?: undefined; issues: Issue[] };

/** Checks a value against the rules of a class. */
export function check<T>(type: DtoClass<T>, given: unknown): Checked<T> {
  if (!isJsonObject(given)) return { issues: [{ path: [], message: objectFault(type, given) }] };
  const value = instanceOf(type, given);
  const issues = value === given ? [] : faultsOf(value as object);
  return issues.length > 0 ? { issues } : { value };
}

/** Words the fault of a value of a wrong type. */
export const typeFault = (value: unknown, what: string): string =>
  value === undefined ? 'is required' : `must be ${what}`;

/** Words the fault of a value that is no object of a class. */
export const objectFault = (type: DtoClass<unknown>, value: unknown): string =>
  typeFault(factsOf(type)?.unchecked ? null : value, 'an object');
