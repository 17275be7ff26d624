import { Group, Operation, type OperationFacts, Unlisted } from '@herald/bootstrap';
import { RequestMethod, type Type } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { MetadataScanner } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';
import type { Access } from '../auth/access.decorators.js';
import { correlationOf } from '../http/correlation.js';
import type { Described } from './schemas.js';

/** What the code says of a route. */
export interface Route {
  /** `FeedController.send`: where to mend it. */
  handler: string;
  method: string;
  /** With parameters as `{id}`. */
  path: string;
  /** Status of its success. */
  status: number;
  group: string | undefined;
  facts: OperationFacts | undefined;
  open: boolean;
  access: Access | undefined;
  body: Described | undefined;
  query: Described | undefined;
  params: Described | undefined;
  /** It takes an Idempotency-Key, for one message or for several. */
  correlated: 'one' | 'several' | undefined;
}

interface Argument {
  schema?: Described;
  factory?: unknown;
  data?: unknown;
}

/** Every route of the controllers, but those that are no part of the API. */
export function routesOf(controllers: Type[]): Route[] {
  const scanner = new MetadataScanner();
  return controllers.flatMap((controller) =>
    scanner.getAllMethodNames(controller.prototype as object).flatMap((name) => routeOf(controller, name) ?? []),
  );
}

function routeOf(controller: Type, name: string): Route | undefined {
  const handler = (controller.prototype as Record<string, object>)[name] as object;
  const said = <T>(key: string): T | undefined =>
    (Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller)) as T | undefined;
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined || said(Unlisted.key)) return undefined;

  const args = Object.entries((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Arguments);
  const schemaOf = (type: RouteParamtypes) => args.find(([key]) => key.startsWith(`${type}:`))?.[1].schema;
  const config = said<FastifyContextConfig>(RouteConfig({}).KEY) ?? {};
  const correlation = args.find(([, { factory }]) => factory === correlationOf)?.[1];
  return {
    handler: `${controller.name}.${name}`,
    method: RequestMethod[method].toLowerCase(),
    path: pathOf(Reflect.getMetadata(PATH_METADATA, controller), Reflect.getMetadata(PATH_METADATA, handler)),
    status: said<number>(HTTP_CODE_METADATA) ?? (method === RequestMethod.POST ? 201 : 200),
    group: said(Group.key),
    facts: said(Operation.key),
    open: config.open ?? false,
    access: config.access,
    body: schemaOf(RouteParamtypes.BODY),
    query: schemaOf(RouteParamtypes.QUERY),
    params: schemaOf(RouteParamtypes.PARAM),
    correlated: correlation && (correlation.data === false ? 'several' : 'one'),
  };
}

type Arguments = Record<string, Argument>;

const pathOf = (...parts: string[]) =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/^:(.+)$/, '{$1}'))
    .join('/')}`;
