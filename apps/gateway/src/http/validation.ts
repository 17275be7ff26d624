import { badRequest, type FieldError, type Refusal } from '@herald/contracts';
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

/**
 * A query string whose faults are told in the words of the agent-actions document: "Invalid limit parameter"
 * (Error Handling). What is wrong with the parameter stands under `errors`.
 */
export function namedParameters<T extends z.ZodType>(schema: T): Pick<T, '~standard'> {
  const { validate, ...standard } = schema['~standard'];
  const orInvalid: typeof validate = async (value, options) => {
    const result = await validate(value, options);
    if (result.issues) throw invalidParameter(fieldErrors(result.issues as readonly Issue[]));
    return result;
  };
  return { '~standard': { ...standard, validate: orInvalid } };
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
