/** The caller: a program with all scopes, a person or a merchant. `headers` may replace the credential by a bad one. */
export type Asker = 'program' | 'person' | 'merchant';

/** A request as it goes out: a `body` that is no text and no bytes is sent as JSON. */
export interface Asked {
  method: string;
  path: string;
  as: Asker;
  body?: unknown;
  headers?: Record<string, string>;
}

/**
 * One bad request and its response: what is bad about it, the request, status and error name, and the message, which
 * begins with the field if a field is wrong.
 */
export type BadRequest = [what: string, asked: Asked, status: number, error: string, says: string];

export const BAD = [400, 'ValidationError'] as const;
export const NOT_FOUND = [404, 'NotFound'] as const;
export const TOO_LARGE = [413, 'PayloadTooLarge'] as const;
const NOT_JSON = [415, 'UnsupportedMediaType'] as const;

export const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
export const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));
/** JSON text of so many lists in each other. */
export const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
export const x = (length: number) => 'x'.repeat(length);
/** Says how large the body is, and is refused for that before it sends it. */
export const announced = (bytes: number) => ({ 'content-length': String(bytes) });
/** The same object as JSON text, one part of it replaced by other text: what no JavaScript value says. */
export const textOf = (body: unknown, part: string, by: string) => JSON.stringify(body).replace(part, by);

/** Requests whose body no route can read. `good` is a body that the route would accept. */
export const noBodies = (
  send: (body: unknown, headers?: Record<string, string>) => Asked,
  good: object,
): BadRequest[] => [
  ['nothing', send(''), ...BAD, 'body'],
  ['half an object', send('{'), ...BAD, 'The body is not valid JSON'],
  ['two objects', send('{}{}'), ...BAD, 'The body is not valid JSON'],
  ['an object and a NUL', send('{}\0'), ...BAD, 'The body is not valid JSON'],
  ['a comma too many', send('{"a":1,}'), ...BAD, 'The body is not valid JSON'],
  ['single quotes', send(`{'a':1}`), ...BAD, 'The body is not valid JSON'],
  ['a comment', send('{/**/}'), ...BAD, 'The body is not valid JSON'],
  ['NaN', send('{"a":NaN}'), ...BAD, 'The body is not valid JSON'],
  ['a control character in a text', send('{"a":"\n"}'), ...BAD, 'The body is not valid JSON'],
  ['an escape that JSON has not', send('{"a":"\\x41"}'), ...BAD, 'The body is not valid JSON'],
  ['a key __proto__', send('{"__proto__":{}}'), ...BAD, 'The body is not valid JSON'],
  ['a key __proto__ in disguise', send('{"\\u005f_proto__":{}}'), ...BAD, 'The body is not valid JSON'],
  ['a constructor with a prototype', send('{"constructor":{"prototype":{}}}'), ...BAD, 'The body is not valid JSON'],
  ['null', send('null'), ...BAD, 'body must be an object'],
  ['a text', send('"x"'), ...BAD, 'body must be an object'],
  ['a number', send('5'), ...BAD, 'body must be an object'],
  ['a list', send([good]), ...BAD, 'body must be an object'],
  ['true', send('true'), ...BAD, 'body must be an object'],
  ['bytes that are no UTF-8', send(Buffer.from('{"a":"\xe9"}', 'latin1')), ...BAD, 'The body is not UTF-8'],
  [
    'half a surrogate pair in UTF-8',
    send(Buffer.from('7b2261223a22eda0bd227d', 'hex')),
    ...BAD,
    'The body is not UTF-8',
  ],
  [
    'UTF-16 with a byte order mark',
    send(Buffer.from(`\ufeff${JSON.stringify(good)}`, 'utf16le')),
    ...BAD,
    'The body is not UTF-8',
  ],
  ['65 levels', send(`{"a":${lists(64)}}`), ...BAD, 'The body must be at most 64 levels deep'],
  ['30,000 levels', send(`{"a":${lists(30_000)}}`), ...BAD, 'The body must be at most 64 levels deep'],
  ['30,000 levels that nothing ends', send('['.repeat(30_000)), ...BAD, 'The body must be at most 64 levels deep'],
  [
    'XML',
    send('<a/>', { 'content-type': 'application/xml' }),
    ...NOT_JSON,
    'The body must be sent as application/json',
  ],
  ['a form', send('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), ...NOT_JSON, 'application/json'],
  [
    'a form in parts',
    send('--x--', { 'content-type': 'multipart/form-data; boundary=x' }),
    ...NOT_JSON,
    'application/json',
  ],
  ['JSON as text', send(good, { 'content-type': 'text/plain' }), ...NOT_JSON, 'application/json'],
  ['another kind of JSON', send(good, { 'content-type': 'application/vnd.api+json' }), ...NOT_JSON, 'application/json'],
  ['no media type', send(good, { 'content-type': 'json' }), ...NOT_JSON, 'application/json'],
  ['an empty media type', send(good, { 'content-type': '' }), ...NOT_JSON, 'application/json'],
  [
    'what is said to be compressed',
    send(good, { 'content-encoding': 'gzip' }),
    ...NOT_JSON,
    'The body must not be compressed',
  ],
];
