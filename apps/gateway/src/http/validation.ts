import { badRequest, type FieldError, notFound, type Refusal } from '@herald/contracts';
import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { z } from 'zod';

interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly code?: string;
  readonly keys?: readonly string[];
}

const nameOf = (path: readonly unknown[] = []) =>
  path
    .map((segment) => String(typeof segment === 'object' && segment && 'key' in segment ? segment.key : segment))
    .join('.');

/** What a schema found wrong, one entry a field. */
export function fieldErrors(issues: readonly Issue[]): FieldError[] {
  return issues.slice(0, 50).flatMap(({ path = [], message, keys }) => {
    // A name that is not a field may be as long as the body: clients get enough of it to know it.
    if (keys)
      return keys
        .slice(0, 50)
        .map((key) => ({ field: nameOf([...path, key.slice(0, 100)]), message: 'is not a known field' }));
    return [{ field: nameOf(path) || 'body', message: readable(message) }];
  });
}

/** Zod says "Invalid input: expected string, received undefined" of a field that is missing. */
function readable(message: string): string {
  const [, options] = /^Invalid option: expected one of (.+)$/.exec(message) ?? [];
  if (options) return `must be one of ${options.replaceAll('"', '').replaceAll('|', ', ')}`;
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (!expected) return message;
  return received === 'undefined' ? 'is required' : `must be ${/^[aeio]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

/** 400 that names every field. */
export function invalid(issues: readonly Issue[]): Refusal {
  const errors = fieldErrors(issues);
  const { field, message } = errors[0] as FieldError;
  return badRequest(
    errors.length > 1 ? `${field} ${message} (and ${errors.length - 1} more)` : `${field} ${message}`,
    errors,
  );
}

/** What checks a value, and what describes it to clients. */
type Schema<T extends z.ZodType> = Pick<T, '~standard'>;

/** The schema, with a refusal of its own for what breaks it. */
function orRefuse<T extends z.ZodType>(schema: T, refusalOf: (issues: readonly Issue[]) => Refusal): Schema<T> {
  const { validate, ...standard } = schema['~standard'];
  const orRefused: typeof validate = async (value, options) => {
    const result = await validate(value, options);
    if (result.issues) throw refusalOf(result.issues as readonly Issue[]);
    return result;
  };
  return { '~standard': { ...standard, validate: orRefused } };
}

/**
 * A query string whose faults are told as "Invalid limit parameter"
 * (contracts README, "Query parameters"). What is wrong with the parameter stands under `errors`.
 */
export const namedParameters = <T extends z.ZodType>(schema: T) =>
  orRefuse(schema, (issues) => invalidParameter(fieldErrors(issues)));

/** Ids in a path: what cannot be an id is the id of nothing, and the same 404 (contracts README, "Ids"). */
export const idsOf = <T extends z.ZodType>(schema: T, absent: string) => orRefuse(schema, () => notFound(absent));

/** Checks like the one and tells clients of the other, where who checks it in full is not the gateway. */
export function describedAs<T extends z.ZodType>(schema: T, described: z.ZodType): Schema<T> {
  const { jsonSchema } = described['~standard'];
  return { '~standard': { ...schema['~standard'], jsonSchema } as T['~standard'] };
}

/** 400 that names the first of the parameters that are wrong. */
export const invalidParameter = (errors: FieldError[]): Refusal =>
  badRequest(`Invalid ${errors[0]?.field} parameter`, errors);

/** Checks bodies and query strings against the schema that their decorator names. */
class Validation extends StandardSchemaValidationPipe {
  /** What a body holds is refused or stored as it is: a metadata key called `constructor` must not vanish. */
  protected override stripProtoKeys(): void {}
}

export const validation = new Validation({
  exceptionFactory: (issues) => invalid(issues as readonly z.core.$ZodIssue[]),
});
