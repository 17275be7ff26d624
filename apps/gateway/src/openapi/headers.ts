import type { Json } from './schemas.js';

/** All documented headers. One marked as required is always present on the responses that list it. */
export const HEADERS = {
  'Idempotency-Expires': {
    description:
      'Until when the Idempotency-Key is remembered; after that it is free. On answers to requests with a key',
    schema: { type: 'string', format: 'date-time' },
    example: '2025-03-07T10:30:00.000Z',
  },
  'Idempotent-Replayed': {
    description: 'The answer is that of an earlier request with the same Idempotency-Key',
    schema: { type: 'string', const: 'true' },
  },
  RateLimit: {
    description: 'What is left of each limit, and the seconds until it is full again',
    schema: { type: 'string' },
    example: '"burst";r=57;t=21, "hour";r=900;t=1800',
  },
  'RateLimit-Policy': {
    description: 'The limits of the credential: how many requests in how many seconds',
    schema: { type: 'string' },
    example: '"burst";q=100;w=60, "hour";q=1000;w=3600',
  },
  'Retry-After': {
    description: 'Seconds to wait before the next try',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  Traceparent: { description: 'The trace that the request came in (W3C Trace Context)', schema: { type: 'string' } },
  'WWW-Authenticate': { description: 'The way to authenticate', required: true, schema: { type: 'string' } },
  'X-Correlation-Id': {
    description: 'Names the message or command; the same one when it is replayed',
    schema: { type: 'string', format: 'uuid' },
  },
  'X-Request-Id': {
    description: 'Names the request: the id that it came with, or one of its own',
    required: true,
    schema: { type: 'string' },
  },
} satisfies Record<string, Json>;

type Name = keyof typeof HEADERS;

export const headers = (...names: Name[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Returns a header that the response always has. */
export const always = (name: Name): Json => ({ [name]: { ...HEADERS[name], required: true } });

/** The `Allow` header of a 405, which belongs to no route. */
export const allow: Json = {
  Allow: { description: 'The methods that the path takes', required: true, schema: { type: 'string' } },
};

/** Headers of every response: the request's id, and its trace where there is one. */
export const ofRequest = headers('X-Request-Id', 'Traceparent');

/** Headers of every response to a caller with limits. */
export const ofLimits = headers('RateLimit-Policy', 'RateLimit');

/** The header that makes a repeated request have one effect. */
export const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'A repeated request with the same key has one effect, and gets the first answer again; another body is 422. ' +
    '1 to 255 visible ASCII characters, quoted or bare.',
  schema: { type: 'string', minLength: 1, maxLength: 257 },
};
