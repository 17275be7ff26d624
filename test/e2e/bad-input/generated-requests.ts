import fc from 'fast-check';
import { strings, uuid } from './generated-values.js';

/** The characters that HTTP allows in a header. */
const headerText = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 300,
});

const ODD_HEADERS: Record<string, fc.Arbitrary<string>> = {
  'content-type': fc.oneof(
    fc.constantFrom(
      'application/json; charset=utf-16',
      'application/JSON',
      'text/plain',
      'application/json, text/html',
      'application/json;',
      '',
      '*/*',
      'application/x-www-form-urlencoded',
    ),
    headerText,
  ),
  'content-encoding': fc.constantFrom('gzip', 'identity', 'br', 'x'),
  accept: fc.oneof(fc.constantFrom('application/problem+json', 'text/html', '*/*;q=0', ''), headerText),
  'idempotency-key': fc.oneof(fc.uuid(), headerText),
  'x-request-id': headerText,
  traceparent: headerText,
  'x-http-method-override': fc.constantFrom('DELETE', 'GET', 'x'),
  'x-forwarded-for': headerText,
  'if-none-match': headerText,
  range: headerText,
  'user-agent': headerText,
  cookie: headerText,
};

/** Mostly none. */
export const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 9, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...Object.keys(ODD_HEADERS))
      .chain((name) => (ODD_HEADERS[name] as fc.Arbitrary<string>).map((value) => ({ [name]: value }))),
  },
);

const queryValue = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '50',
    '100',
    '101',
    '-1',
    '1e1',
    '999999999',
    '1000000000',
    '2024-01-01',
    '2024-02-30',
    'read',
    'requested',
    'ai',
    'low',
    'system',
    'email_sent',
    'user_question_request',
    'x',
    'null',
    '[]',
  ),
  strings,
  fc
    .tuple(fc.integer({ min: 0, max: 2 ** 50 }), uuid)
    .map(([ms, id]) => Buffer.from(`${ms} ${id}`).toString('base64url')),
  fc.integer({ min: 0 }).map((id) => Buffer.from(`notification ${id}`).toString('base64url')),
);

const escaped = (value: string) => encodeURIComponent(Buffer.from(value).toString()).slice(0, 2000);
/** Escaped as it should be, or with an escape that is none. */
const component = fc.oneof(
  { weight: 6, arbitrary: queryValue.map(escaped) },
  { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%ff', '%00', '%ed%a0%80', '%C0%80', '+', '&', '=') },
);

/** A query string of some of these parameters, and of others. */
export const queryOf = (names: string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, component), component), {
      maxLength: 4,
    })
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

/** One segment of a path, where an id belongs. */
export const segment: fc.Arbitrary<string> = fc
  .oneof(
    component,
    uuid,
    fc.constantFrom(
      '0',
      '123',
      '%31%32%33',
      '-1',
      '1.0',
      '9007199254740993',
      '.',
      '..',
      '%2e',
      '%2f',
      ';a=b',
      'stats',
      'users',
    ),
  )
  // Nothing is another path, and so is /v1/feed/ai.
  .filter((value) => !['', 'ai'].includes(value));
