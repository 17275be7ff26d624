import { isDeepStrictEqual } from 'node:util';
import { OwnFault } from '@herald/contracts';
import { z } from 'zod';

export type Json = Record<string, unknown>;

/** What a schema says of itself: Standard JSON Schema, as Zod's schemas have it. */
export type Described = Pick<z.ZodType, '~standard'>;

/** Where Zod's JSON Schema says too much or too little for people. */
function override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: Json }): void {
  // The pattern of a format is long, and the format says it already.
  if (jsonSchema['format']) delete jsonSchema['pattern'];
  if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
  if (jsonSchema['minimum'] === Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum'];
  if (isDeepStrictEqual(jsonSchema['propertyNames'], { type: 'string' })) delete jsonSchema['propertyNames'];
  const def = zodSchema._zod.def as z.core.$ZodDefaultDef;
  if (def.type === 'default') jsonSchema['default'] = def.defaultValue;
}

/** Collects the schemas that have a name, and refers to them. */
export class Schemas {
  readonly named: Record<string, Json> = {};

  /** As clients send it. */
  input(schema: Described): Json {
    return this.collect(schema, 'input');
  }

  /** As clients get it. */
  output(schema: Described): Json {
    return this.collect(schema, 'output');
  }

  /** The examples of a schema, or of the one that it refers to. */
  examplesOf({ $ref, examples }: Json): unknown[] {
    const named = typeof $ref === 'string' ? this.named[$ref.split('/').at(-1) as string] : undefined;
    return ((named ? named['examples'] : examples) ?? []) as unknown[];
  }

  private collect(schema: Described, direction: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs,
      ...own
    } = schema['~standard'].jsonSchema[direction]({
      target: 'draft-2020-12',
      libraryOptions: { unrepresentable: 'any', override },
    });
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
      const referring = withReferences(definition);
      const known = (this.named[name] ??= referring);
      if (!isDeepStrictEqual(known, referring)) throw new OwnFault(`Two schemas are called ${name}`);
    }
    return withReferences(own);
  }
}

/** JSON Schema keeps its definitions beside it, OpenAPI in a place of its own. */
const withReferences = (schema: Json): Json =>
  JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : value,
    ),
  ) as Json;
