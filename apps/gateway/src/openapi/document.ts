import { version } from '@herald/bootstrap';
import { HeraldError } from '@herald/contracts';
import type { Type } from '@nestjs/common';
import { HEADERS } from './headers.js';
import { Operations } from './operations.js';
import { Refusals } from './refusals.js';
import { type Route, routesOf } from '../validation/routes.js';
import { type Json, Schemas } from './schemas.js';

const INFO = {
  title: 'Herald',
  version,
  description: `Notifications that are never lost and never doubled: what was answered with 202 is committed.

Programs use an API key or access token (\`hrld_…\`), in \`x-api-key\` or as \`Authorization: Bearer\`; people and merchants
use a JWT. A token of another kind is 401, and is told which kind the route takes. Times are ISO 8601 in UTC. Unknown
fields in a body are refused, unknown query parameters are ignored.

Every refusal has one form; a client that prefers \`application/problem+json\` gets RFC 9457 with the same facts. An unknown
path is 404, a known one with another method 405, and both are 401 without a credential.`,
};

/** The tags of the API. */
const GROUPS: Record<string, string> = {
  delivery: 'Personal messages, author to recipient: programs send, people read their feed.',
  'agent-actions':
    'The Team Notifications API: agent action logs and team notifications, with a read state per user, filters and statistics.',
  'merchant-answers': "Questions that wait for a merchant's answer.",
  health: 'For those who run Herald.',
};

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'API key or access token of a program' },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'The same, in the other header; one of the two is enough',
  },
  userToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'JWT of a person: `sub` is the login, `company_id` the company; `scope` may hold `agent-actions:read`',
  },
  merchantToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'JWT of a merchant: `merchant_id`',
  },
};

/**
 * Returns the OpenAPI 3.1 document of the controllers, built from their decorators and DTO classes.
 * @throws Error naming every route that is not fully described
 */
export function documentOf(controllers: Type[], settings: { validationStatus: number }): Json {
  const routes = routesOf(controllers);
  const faults = routes.flatMap((route) => faultsOf(route).map((fault) => `${route.handler}: ${fault}`));
  if (faults.length > 0) throw new HeraldError(`These routes are not fully described:\n${faults.join('\n')}`);

  const schemas = new Schemas();
  const refusals = new Refusals(schemas, settings.validationStatus);
  const operations = new Operations(schemas, refusals);
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operations.of(route);
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: '/', description: 'This gateway' }],
    tags: Object.entries(GROUPS).map(([name, description]) => ({ name, description })),
    paths,
    'x-elsewhere': {
      description: 'Any other path or method, and what cannot be read.',
      responses: refusals.elsewhere(),
    },
    components: {
      schemas: schemas.named,
      responses: refusals.named,
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function faultsOf({ facts, group, open, access, status, path, params, query }: Route): string[] {
  if (!facts) return ['has no @Operation'];
  return [
    ...(group && GROUPS[group] ? [] : ['has no @Group that the document knows']),
    ...(open || access ? [] : ['does not say who may enter']),
    ...(facts.responses[status] ? [] : [`does not describe its answer ${status}`]),
    ...(query && !facts.refusals?.[400] ? ['does not say how it refuses a wrong parameter (400)'] : []),
    ...(path.includes('{') && !params ? ['has path parameters without a schema'] : []),
  ];
}
