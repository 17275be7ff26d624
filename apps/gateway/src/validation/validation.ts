import {
  badRequest,
  check,
  type DtoClass,
  factsOf,
  type FieldError,
  fieldErrors,
  fieldsOf,
  type Issue,
  notFound,
  HeraldError,
  type Refusal,
  summaryOf,
} from '@herald/contracts';
import { type ArgumentMetadata, Injectable, type OnModuleInit, type PipeTransform, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { routesOf } from './routes.js';
import { matchFields } from './query-names.js';

const WHOLE_BODY = 'body';

/** Returns a 400 that names every wrong field, or the first ones and their number. */
function invalid(issues: readonly Issue[]): Refusal {
  const errors = fieldErrors(issues, WHOLE_BODY);
  return badRequest(summaryOf(issues, errors), errors);
}

/** Limit on the text of further faults, beside the first fault of each item, in one response. */
const MAX_FURTHER_FAULTS = 256 * 1024;

/** Describes the faults of batch items: all faults of each while the response is short, then only the first. */
export class ItemFaults {
  private room = MAX_FURTHER_FAULTS;

  of(issues: readonly Issue[]) {
    const errors = fieldErrors(issues, WHOLE_BODY, this.room > 0 ? undefined : 1);
    this.room -= JSON.stringify(errors.slice(1)).length;
    return { error: 'ValidationError', message: summaryOf(issues, errors), errors };
  }
}

/** Returns a 400 that names the first wrong parameter. */
export const invalidParameter = (errors: FieldError[]): Refusal =>
  badRequest(`Invalid ${errors[0]?.field} parameter`, errors);

type RefusalOf = (issues: readonly Issue[]) => Refusal;

const refusals = new WeakMap<object, RefusalOf>();
const refuseWith =
  (refusalOf: RefusalOf): ClassDecorator =>
  (type) =>
    void refusals.set(type, refusalOf);

/**
 * Declares a query string whose faults read "Invalid limit parameter" (contracts README, "Query parameters"). The
 * details are in `errors`.
 */
export const NamesParameter = () => refuseWith((issues) => invalidParameter(fieldErrors(issues, WHOLE_BODY)));

/** Declares ids in a path: a malformed one is the same 404 as an unknown one (contracts README, "Ids"). */
export const AbsentUnlessIds = (absent: string) => refuseWith(() => notFound(absent));

/** Validates bodies, query strings and ids in paths against the DTO class of the handler's parameter. */
@Injectable()
export class Validation implements PipeTransform, OnModuleInit {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws HeraldError naming each route whose body or query is of no DTO class, because it would not be validated */
  onModuleInit(): void {
    const controllers = this.discovery.getControllers().map(({ metatype }) => metatype as Type);
    const unchecked = routesOf(controllers).filter(({ unchecked }) => unchecked);
    if (unchecked.length > 0)
      throw new HeraldError(
        `No DTO class checks the input of these routes: ${unchecked.map(({ handler }) => handler).join(', ')}`,
      );
  }

  transform(value: unknown, { type: place, metatype }: ArgumentMetadata): unknown {
    const facts = place === 'custom' ? undefined : factsOf(metatype);
    if (!facts || (facts.optional && (value === undefined || value === null))) return value;
    const type = metatype as DtoClass;
    const { value: checked, issues } = place === 'query' ? checkQuery(type, value as object) : check(type, value);
    if (issues) throw (refusals.get(type) ?? invalid)(issues);
    return checked;
  }
}

function checkQuery(type: DtoClass, given: object) {
  const { query, issues } = matchFields(fieldsOf(type), given);
  return issues.length > 0 ? { issues } : check(type, query);
}
