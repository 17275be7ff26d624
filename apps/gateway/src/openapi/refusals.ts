import { DetailedErrorEnvelope, ErrorEnvelope, keyReused, Problem } from '@herald/contracts';
import { isDetailed, nameOf } from '../errors/error-envelope.js';
import { allow, headers, ofLimits, ofRequest } from './headers.js';
import type { Route } from '../validation/routes.js';
import type { Json, Schemas } from './schemas.js';

/** The messages that every route uses for a status. */
const MESSAGES: Record<number, string | string[]> = {
  400: 'The body is not valid JSON',
  401: 'Invalid or missing credentials',
  403: 'This credential lacks the scope that the route asks for',
  404: 'Not found',
  405: 'PUT is not served here',
  408: 'The request took too long to arrive',
  413: 'The body is too large',
  415: 'The body must be sent as application/json',
  417: 'Of expectations, only 100-continue is met',
  422: keyReused().message,
  429: ['Rate limit exceeded', 'Too many failed logins from this address'],
  431: 'The head of the request is too large',
  500: 'Internal server error',
  501: 'Of transfer codings, only chunked is read',
  503: ['The database is away; try again', 'Too many requests are in work; try again'],
  504: 'No answer in time; a retry with the same Idempotency-Key is safe',
};

const messagesOf = (status: number): string[] => [MESSAGES[status] ?? nameOf(status)].flat();

/** Statuses for requests to no known route, or so malformed that the route is unknown. */
const ELSEWHERE = [400, 401, 404, 405, 408, 413, 417, 429, 431, 501, 503];

/** Statuses with which a request can be refused after its correlationId was created. */
const CORRELATED = [400, 403, 404, 422, 500, 503, 504];

/** Returns the statuses that follow from what a route requires. */
function implied({ open, access, method, body, correlated, facts }: Route): number[] {
  if (open) return [];
  return [
    401,
    429,
    500,
    503,
    // A body is checked even where the route reads none.
    ...(method === 'get' ? [] : [400, 413, 415]),
    ...(access?.kind === 'credential' ? [403] : []),
    ...(correlated && body ? [422] : []),
    ...(facts?.command ? [504] : []),
  ];
}

/** Builds the refusals of all routes. Equal ones are shared. */
export class Refusals {
  readonly named: Record<string, Json> = {};

  constructor(
    private readonly schemas: Schemas,
    /** The status for a merchant's invalid request or answer. */
    private readonly validationStatus: number,
  ) {}

  /** Returns the refusals of any path and method without a route, by status. */
  elsewhere(): Record<string, Json> {
    const schema = { anyOf: [ErrorEnvelope, DetailedErrorEnvelope].map((envelope) => this.schemas.of(envelope)) };
    return Object.fromEntries(
      ELSEWHERE.map((status) => [
        status,
        {
          description: messagesOf(status).join('\n\n'),
          headers: headersOf(status, false),
          content: { 'application/json': { schema }, ...this.problem },
        },
      ]),
    );
  }

  /** Returns the refusals of a route by status; for a status that it also returns otherwise, see `orRefused`. */
  of(route: Route): Record<string, Json> {
    const own = this.own(route);
    const usual = implied(route);
    const statuses = [...new Set([...own.keys(), ...usual])].filter((status) => !route.facts?.responses[status]);
    return Object.fromEntries(
      statuses
        .toSorted((a, b) => a - b)
        .map((status) => [status, this.refusal(route, status, own.get(status) ?? [], usual.includes(status))]),
    );
  }

  /** Returns the content of a response, including the refusal if the route can also be refused with its status. */
  orRefused(route: Route, status: number, schema: Json): Json {
    if (!implied(route).includes(status)) return { 'application/json': { schema } };
    return { 'application/json': { schema: { anyOf: [schema, this.schemaOf(route)] } }, ...this.problem };
  }

  /** Returns the error envelope of a path. */
  private schemaOf({ path }: Pick<Route, 'path'>): Json {
    return this.schemas.of(isDetailed(path) ? DetailedErrorEnvelope : ErrorEnvelope);
  }

  /** Content for clients that accept application/problem+json. */
  private get problem(): Json {
    return { 'application/problem+json': { schema: this.schemas.of(Problem) } };
  }

  /**
   * Returns the refusals that a route itself declares, by status. A declared 500 is a client's mistake (contracts
   * README, "Refusals of merchant answers").
   */
  private own({ facts }: Route): Map<number, string[]> {
    return new Map(
      Object.entries(facts?.refusals ?? {}).map(([status, messages]) => [
        status === '500' ? this.validationStatus : Number(status),
        [messages].flat(),
      ]),
    );
  }

  private refusal(route: Route, status: number, own: string[], usual: boolean): Json {
    const detailed = isDetailed(route.path);
    const correlated = route.correlated === 'one' && CORRELATED.includes(status);
    if (own.length === 0) return this.usual(status, detailed, correlated);
    const errorOf = () => (status === 500 ? 'ValidationError' : nameOf(status));
    return this.response(status, detailed, route.path, correlated, [
      ...own.map((message) => ({ error: errorOf(), message })),
      ...(usual ? messagesOf(status).map((message) => ({ error: nameOf(status), message })) : []),
    ]);
  }

  private usual(status: number, detailed: boolean, correlated: boolean): Json {
    const name = `${correlated ? 'Correlated' : ''}${detailed ? 'Detailed' : ''}${nameOf(status)}`;
    const examples = messagesOf(status).map((message) => ({ error: nameOf(status), message }));
    const path = detailed ? '/api/v1/notification' : '/team-notifications';
    this.named[name] ??= this.response(status, detailed, path, correlated, examples);
    return { $ref: `#/components/responses/${name}` };
  }

  private response(status: number, detailed: boolean, path: string, correlated: boolean, examples: Example[]): Json {
    const named = examples.map(({ error, message }, index) => [
      `${error}${index || ''}`,
      {
        summary: message,
        value: {
          error,
          message,
          ...(detailed ? { detail: message } : {}),
          statusCode: status,
          timestamp: '2024-01-10T10:00:00.000Z',
          path,
          requestId: '9b2f4c1e-6a57-4c1b-8f5e-0d7c3a1b2e4f',
        },
      },
    ]);
    return {
      description: examples.map(({ message }) => message).join('\n\n'),
      headers: headersOf(status, correlated),
      content: {
        'application/json': { schema: this.schemaOf({ path }), examples: Object.fromEntries(named) as Json },
        ...this.problem,
      },
    };
  }
}

interface Example {
  error: string;
  message: string;
}

const headersOf = (status: number, correlated: boolean): Json => ({
  ...ofRequest,
  ...(status === 401 ? headers('WWW-Authenticate') : ofLimits),
  ...(status === 405 ? allow : {}),
  ...([429, 503, 504].includes(status) ? headers('Retry-After') : {}),
  ...(correlated ? headers('X-Correlation-Id') : {}),
});
