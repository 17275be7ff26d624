import {
  badRequest,
  type FieldError,
  fieldErrors,
  type Issue,
  notFound,
  type Refusal,
  summaryOf,
} from '@herald/contracts';
import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { z } from 'zod';

const WHOLE = 'body';

/** 400 that names every field, or the first ones and how many there are. */
function invalid(issues: readonly Issue[]): Refusal {
  const errors = fieldErrors(issues, WHOLE);
  return badRequest(summaryOf(issues, errors), errors);
}

/** The most characters of faults in one answer beside the first fault of each item. */
const MAX_FURTHER_FAULTS = 256 * 1024;

/** Reports what is wrong with items of a batch: all faults of each while the answer is short, then the first alone. */
export class ItemFaults {
  private room = MAX_FURTHER_FAULTS;

  of(issues: readonly Issue[]) {
    const errors = fieldErrors(issues, WHOLE, this.room > 0 ? undefined : 1);
    this.room -= JSON.stringify(errors.slice(1)).length;
    return { error: 'ValidationError', message: summaryOf(issues, errors), errors };
  }
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
  orRefuse(schema, (issues) => invalidParameter(fieldErrors(issues, WHOLE)));

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
