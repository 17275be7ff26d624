import { type DtoClass, factsOf, type Field, fieldsOf, HeraldError } from '@herald/contracts';

export type Json = Record<string, unknown>;

/** A class that describes a value, or a list of it. */
export type Described = DtoClass | readonly [DtoClass];

/** JSON Schemas of class-validator's own rules. */
const RULES: Record<string, (...constraints: unknown[]) => Json> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isBoolean: () => ({ type: 'boolean' }),
  isObject: () => ({ type: 'object' }),
  isDateString: () => ({ type: 'string', format: 'date-time' }),
  isIn: (values) => {
    const [first, ...others] = values as string[];
    return others.length > 0 ? { type: 'string', enum: values } : { type: 'string', const: first };
  },
};

/** Collects the named schemas, and returns references to them. */
export class Schemas {
  readonly named: Record<string, Json> = {};
  private readonly classes: Record<string, DtoClass> = {};

  /** Returns the schema of a class, or a reference to it. */
  of(described: Described): Json {
    if (typeof described !== 'function') return { type: 'array', items: this.of(described[0]) };
    const { name = factsOf(described) ? undefined : described.name } = factsOf(described) ?? {};
    if (!name) return this.objectOf(described);
    const known = (this.classes[name] ??= described);
    if (known !== described) throw new HeraldError(`Two schemas are called ${name}`);
    // Set before its fields are read, because one of them may be of the same class.
    this.named[name] ??= Object.assign((this.named[name] = {}), this.objectOf(described));
    return { $ref: `#/components/schemas/${name}` };
  }

  /** Returns the examples of a schema, or of the one that it references. */
  examplesOf({ $ref, examples }: Json): unknown[] {
    const named = typeof $ref === 'string' ? this.named[$ref.split('/').at(-1) as string] : undefined;
    return ((named ? named['examples'] : examples) ?? []) as unknown[];
  }

  /** Returns the fields of a class by name, as documented to clients. */
  fieldsOf(type: DtoClass): Record<string, Json> {
    return Object.fromEntries(fieldsOf(type).map((field) => [field.name, this.field(field)]));
  }

  private objectOf(type: DtoClass): Json {
    const { description, examples, unchecked, valuesAre } = factsOf(type) ?? {};
    const required = requiredOf(type);
    return {
      type: 'object',
      ...(valuesAre ? { additionalProperties: { type: valuesAre } } : { properties: this.fieldsOf(type) }),
      ...(required.length > 0 && { required }),
      ...(!unchecked && { additionalProperties: false }),
      ...(description && { description }),
      ...(examples && { examples }),
    };
  }

  private field({ rules, nested, list, schema, description, fallback, null: mayBeNull }: Field): Json {
    const classes = (nested?.() ?? []).map((type) => this.of(type));
    const item = classes.length > 1 ? { anyOf: classes } : classes[0];
    const value = Object.assign(
      {},
      list ? { type: 'array', items: item } : item,
      ...rules.map(({ name, constraints, each }) => {
        const rule = RULES[name]?.(...constraints);
        return each && rule ? { type: 'array', items: rule } : rule;
      }),
      schema,
    ) as Json;
    return {
      ...(mayBeNull ? orNull(value) : value),
      ...(description && { description }),
      ...(fallback !== undefined && { default: fallback }),
    };
  }
}

/** Returns the required fields of a class. */
export const requiredOf = (type: DtoClass): string[] =>
  fieldsOf(type)
    .filter(({ absent, fallback }) => !absent && fallback === undefined)
    .map(({ name }) => name);

/** Returns a schema that also accepts null. */
export const orNull = (schema: Json): Json =>
  isOnlyType(schema) ? { type: [schema['type'], 'null'] } : { anyOf: [schema, { type: 'null' }] };

const isOnlyType = (schema: Json) => Object.keys(schema).join() === 'type';
