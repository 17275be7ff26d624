import { STATUS_CODES } from 'node:http';
import type { OperationFacts } from '@herald/bootstrap';
import { type DtoClass, factsOf } from '@herald/contracts';
import type { Access } from '../access/access.decorators.js';
import { always, headers, idempotencyKey, ofLimits, ofRequest } from './headers.js';
import type { Refusals } from './refusals.js';
import type { Route } from '../validation/routes.js';
import { type Described, type Json, orNull, requiredOf, type Schemas } from './schemas.js';

/** Returns the security requirements of a route; programs need its scope, and people where it is one for them. */
function securityOf(access: Access | undefined): Json[] {
  if (access?.kind === 'credential') {
    const { scope, people, merchants } = access;
    const person = { userToken: people === 'with scope' ? [scope] : [] };
    return [
      { apiKey: [scope] },
      { accessToken: [scope] },
      ...(people ? [person] : []),
      ...(merchants ? [{ merchantToken: [] }] : []),
    ];
  }
  if (access) return [access.kind === 'person' ? { userToken: [] } : { merchantToken: [] }];
  return [];
}

/** Builds the OpenAPI operations of routes. */
export class Operations {
  constructor(
    private readonly schemas: Schemas,
    private readonly refusals: Refusals,
  ) {}

  /** Returns the operation of a fully described route. */
  of(route: Route): Json {
    const { id, summary, description } = route.facts as OperationFacts;
    const scope = route.access?.kind === 'credential' && `Scope: \`${route.access.scope}\`.`;
    return {
      operationId: id,
      tags: [route.group],
      summary,
      description: [description, scope].filter(Boolean).join('\n\n') || undefined,
      security: securityOf(route.access),
      parameters: [
        ...this.parameters('path', route.params),
        ...this.parameters('query', route.query),
        ...(route.correlated ? [idempotencyKey] : []),
      ],
      requestBody: route.body && this.body(route.body),
      responses: this.responses(route),
    };
  }

  /** Returns the request body, with all examples of its class. */
  private body(type: DtoClass): Json {
    const schema = this.schemas.of(type);
    const { optional } = factsOf(type) ?? {};
    const examples = this.schemas.examplesOf(schema);
    const named = Object.fromEntries(examples.map((value, index) => [`Example ${index + 1}`, { value }]));
    return {
      required: !optional,
      content: {
        'application/json': {
          schema: optional ? orNull(schema) : schema,
          examples: examples.length > 1 ? named : undefined,
        },
      },
    };
  }

  private parameters(place: 'path' | 'query', type: DtoClass | undefined): Json[] {
    if (!type) return [];
    return Object.entries(this.schemas.fieldsOf(type)).map(([name, { description, ...schema }]) => ({
      name,
      in: place,
      required: requiredOf(type).includes(name),
      description,
      schema,
    }));
  }

  private responses(route: Route): Json {
    const statuses = Object.keys((route.facts as OperationFacts).responses).map(Number);
    return {
      ...this.refusals.of(route),
      ...(Object.fromEntries(statuses.map((status) => [status, this.response(route, status)])) as Json),
    };
  }

  private response(route: Route, status: number): Json {
    const { responses, stream, examples = {}, headers: own = {} } = route.facts as OperationFacts;
    const { 'application/json': json, ...others } = this.refusals.orRefused(
      route,
      status,
      this.schemas.of(responses[status] as Described),
    );
    const done = status < 300;
    const type = stream && done ? 'text/event-stream' : 'application/json';
    return {
      description: STATUS_CODES[status],
      headers: {
        ...ofRequest,
        ...(route.open ? {} : ofLimits),
        ...(done && route.correlated === 'one' ? always('X-Correlation-Id') : {}),
        ...(done && route.correlated ? headers('Idempotent-Replayed', 'Idempotency-Expires') : {}),
        ...Object.fromEntries(
          Object.entries(own).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
        ),
      },
      content: { [type]: { ...(json as Json), example: examples[status] }, ...others },
    };
  }
}
