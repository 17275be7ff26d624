import { SetMetadata, type Type } from '@nestjs/common';

/** The class of a response body, or a list of that class. */
type Body = Type<object> | readonly [Type<object>];
/** Bodies of all responses that are not refusals, by status. */
type Bodies = Record<number, Body>;
/** The value of a body. */
type BodyOf<B> = B extends Type<infer One> ? One : B extends readonly [Type<infer One>] ? One[] : never;

/** Documentation of a route for API clients, apart from what follows from its other decorators. */
export interface OperationFacts<B extends Bodies = Bodies> {
  /** Name of the call in generated clients. */
  id: string;
  summary: string;
  description?: string;
  responses: B;
  /** An example of each response, by status. Default: the example of its class. */
  examples?: Partial<Record<keyof B, unknown>>;
  /** The response is a stream of server-sent events, whose data are these bodies. */
  stream?: true;
  /** A worker produces the response, so the request may time out. */
  command?: true;
  /** Messages of the refusals of this route, by status, besides those that every such route has. */
  refusals?: Record<number, string | readonly string[]>;
  /** Response headers of this route, with descriptions. */
  headers?: Record<string, string>;
}

/** The value a handler may return for a body: a Date is sent as ISO 8601 text. */
type Sent<T> = unknown extends T
  ? T
  : string extends T
    ? T | Date
    : T extends object
      ? { [K in keyof T]: Sent<T[K]> }
      : T;

type Handler<B extends Bodies> = (...args: never[]) => Sent<BodyOf<B[keyof B]>> | Promise<Sent<BodyOf<B[keyof B]>>>;

const OPERATION = 'herald:operation';

/** Documents a route; the compiler checks that the handler returns the documented bodies. */
export const Operation =
  <B extends Bodies>(facts: OperationFacts<B>) =>
  <H extends Handler<B>>(target: object, name: string, descriptor: TypedPropertyDescriptor<H>): void => {
    SetMetadata(OPERATION, facts)(target, name, descriptor);
  };
Operation.key = OPERATION;

const GROUP = 'herald:group';

/** Names the part of the API that the routes of a controller belong to. */
export const Group = (name: string) => SetMetadata(GROUP, name);
Group.key = GROUP;

const UNLISTED = 'herald:unlisted';

/** Marks a route that is not part of the API: a page for people. */
export const Unlisted = () => SetMetadata(UNLISTED, true);
Unlisted.key = UNLISTED;
