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
  OwnFault,
  type Refusal,
  summaryOf,
} from '@herald/contracts';
import { type ArgumentMetadata, Injectable, type OnModuleInit, type PipeTransform, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { routesOf } from '../openapi/routes.js';
import { byNames } from './query-names.js';

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

/** 400 that names the first of the parameters that are wrong. */
export const invalidParameter = (errors: FieldError[]): Refusal =>
  badRequest(`Invalid ${errors[0]?.field} parameter`, errors);

type RefusalOf = (issues: readonly Issue[]) => Refusal;

const refusals = new WeakMap<object, RefusalOf>();
const refusedBy =
  (refusalOf: RefusalOf): ClassDecorator =>
  (type) =>
    void refusals.set(type, refusalOf);

/**
 * A query string whose faults are told as "Invalid limit parameter"
 * (contracts README, "Query parameters"). What is wrong with the parameter stands under `errors`.
 */
export const NamesParameter = () => refusedBy((issues) => invalidParameter(fieldErrors(issues, WHOLE)));

/** Ids in a path: what cannot be an id is the id of nothing, and the same 404 (contracts README, "Ids"). */
export const AbsentUnlessIds = (absent: string) => refusedBy(() => notFound(absent));

/** Checks bodies, query strings and ids in paths against the DTO class that is the type of the handler's parameter. */
@Injectable()
export class Validation implements PipeTransform, OnModuleInit {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws OwnFault naming each route that takes a body or a query of no DTO class: it would not be checked */
  onModuleInit(): void {
    const controllers = this.discovery.getControllers().map(({ metatype }) => metatype as Type);
    const unchecked = routesOf(controllers).filter(({ unchecked }) => unchecked);
    if (unchecked.length > 0)
      throw new OwnFault(`These take what no DTO class checks: ${unchecked.map(({ handler }) => handler).join(', ')}`);
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
  const { query, issues } = byNames(fieldsOf(type), given);
  return issues.length > 0 ? { issues } : check(type, query);
}
