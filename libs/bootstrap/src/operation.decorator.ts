import { SetMetadata, type Type } from '@nestjs/common';

/** A class of answers, or a list of it. */
type Answer = Type<object> | readonly [Type<object>];
/** Each answer that is not a refusal, by status. */
type Answers = Record<number, Answer>;
/** What a handler of it gives. */
type Given<A> = A extends Type<infer One> ? One : A extends readonly [Type<infer One>] ? One[] : never;

/** What a route says of itself to who writes clients. What follows from its other decorators is not said again. */
export interface OperationFacts<A extends Answers = Answers> {
  /** Name of the call in generated clients. */
  id: string;
  summary: string;
  description?: string;
  answers: A;
  /** What each answer shows as an example, by status. Unless given, the example of its class. */
  examples?: Partial<Record<keyof A, unknown>>;
  /** A worker gives the answer, so there may be none in time. */
  command?: true;
  /** Refusals of its own, by status, with what they say. Those that any such route has are known. */
  refusals?: Record<number, string | readonly string[]>;
  /** Headers of its own on the answers, with what they tell. */
  headers?: Record<string, string>;
}

/** What may be given for an answer: a time is sent as its ISO 8601 text. */
type Sent<T> = unknown extends T
  ? T
  : string extends T
    ? T | Date
    : T extends object
      ? { [K in keyof T]: Sent<T[K]> }
      : T;

type Handler<A extends Answers> = (...args: never[]) => Sent<Given<A[keyof A]>> | Promise<Sent<Given<A[keyof A]>>>;

const OPERATION = 'herald:operation';

/** Describes a route; the compiler holds the handler to the answers that it describes. */
export const Operation =
  <A extends Answers>(facts: OperationFacts<A>) =>
  <H extends Handler<A>>(target: object, name: string, descriptor: TypedPropertyDescriptor<H>): void => {
    SetMetadata(OPERATION, facts)(target, name, descriptor);
  };
Operation.key = OPERATION;

const GROUP = 'herald:group';

/** The part of the API that the routes of a controller belong to. */
export const Group = (name: string) => SetMetadata(GROUP, name);
Group.key = GROUP;

const UNLISTED = 'herald:unlisted';

/** A route that is no part of the API: a page for people. */
export const Unlisted = () => SetMetadata(UNLISTED, true);
Unlisted.key = UNLISTED;
