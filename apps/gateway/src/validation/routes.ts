import { Group, Operation, type OperationFacts, Unlisted } from '@herald/bootstrap';
import { type DtoClass, factsOf } from '@herald/contracts';
import { RequestMethod, type Type } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { MetadataScanner } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';
import type { Access } from '../access/access.decorators.js';
import { correlationOf } from '../idempotency/correlation.js';

/** The facts about a route, collected from its decorators and types. */
export interface Route {
  /** For messages: `FeedController.send`. */
  handler: string;
  method: string;
  /** Parameters are written as `{id}`. */
  path: string;
  /** The status of a success. */
  status: number;
  group: string | undefined;
  facts: OperationFacts | undefined;
  open: boolean;
  access: Access | undefined;
  body: DtoClass | undefined;
  query: DtoClass | undefined;
  params: DtoClass | undefined;
  /** True when the type of its body or query string is no DTO class. */
  unchecked: boolean;
  /** Set when it accepts an Idempotency-Key, for one message or several. */
  correlated: 'one' | 'several' | undefined;
}

interface Argument {
  index: number;
  factory?: unknown;
  data?: unknown;
}

/** Returns every route of the controllers, except those that are not part of the API. */
export function routesOf(controllers: Type[]): Route[] {
  const scanner = new MetadataScanner();
  return controllers.flatMap((controller) =>
    scanner.getAllMethodNames(controller.prototype as object).flatMap((name) => routeOf(controller, name) ?? []),
  );
}

function routeOf(controller: Type, name: string): Route | undefined {
  const handler = (controller.prototype as Record<string, object>)[name] as object;
  const metadataOf = <T>(key: string): T | undefined =>
    (Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller)) as T | undefined;
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined || metadataOf(Unlisted.key)) return undefined;

  const args = Object.entries((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Arguments);
  const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) ?? []) as DtoClass[];
  /** Returns the type of the parameter that receives a whole body, query string or path. */
  const wholeParameter = (place: RouteParamtypes) => {
    const whole = args.find(([key, { data }]) => key.startsWith(`${place}:`) && data === undefined);
    return whole && { type: types[whole[1].index] };
  };
  const dtoOf = (place: RouteParamtypes) => {
    const type = wholeParameter(place)?.type;
    return factsOf(type) ? type : undefined;
  };
  const config = metadataOf<FastifyContextConfig>(RouteConfig({}).KEY) ?? {};
  const correlation = args.find(([, { factory }]) => factory === correlationOf)?.[1];
  return {
    handler: `${controller.name}.${name}`,
    method: RequestMethod[method].toLowerCase(),
    path: pathOf(Reflect.getMetadata(PATH_METADATA, controller), Reflect.getMetadata(PATH_METADATA, handler)),
    status: metadataOf<number>(HTTP_CODE_METADATA) ?? (method === RequestMethod.POST ? 201 : 200),
    group: metadataOf(Group.key),
    facts: metadataOf(Operation.key),
    open: config.open ?? false,
    access: config.access,
    body: dtoOf(RouteParamtypes.BODY),
    query: dtoOf(RouteParamtypes.QUERY),
    params: dtoOf(RouteParamtypes.PARAM),
    unchecked: CHECKED.some((place) => wholeParameter(place) && !dtoOf(place)),
    correlated: correlation && (correlation.data === false ? 'several' : 'one'),
  };
}

type Arguments = Record<string, Argument>;

const CHECKED = [RouteParamtypes.BODY, RouteParamtypes.QUERY, RouteParamtypes.PARAM];

const pathOf = (...parts: string[]) =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/^:(.+)$/, '{$1}'))
    .join('/')}`;
