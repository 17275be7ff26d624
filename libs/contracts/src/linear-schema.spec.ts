import type { JsonObject } from './json-object.js';
import { checkSchema, validatorOf } from './linear-schema.js';

const textOf = (pattern: string) => ({
  type: 'object',
  properties: { answer: { type: 'string', pattern } },
  required: ['answer'],
});
const took = (work: () => unknown) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

/** Patterns, exponential and polynomial, on which a backtracking engine hangs. */
const HOSTILE = [
  '^(a+)+$',
  '^(a|aa)+$',
  '^(a*)*b$',
  '(x+x+)+y',
  '(.*a){20}$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  'a*a*a*a*a*a*b',
];

describe('a stored schema', () => {
  it.each(HOSTILE)('with the pattern %s validates any text within a second', (pattern) => {
    const validate = validatorOf(textOf(pattern));
    expect(took(() => validate({ answer: `${'a'.repeat(50_000)}!` }))).toBeLessThan(1000);
    expect(took(() => validate({ answer: 'x'.repeat(50_000) }))).toBeLessThan(1000);
  });

  it('would hang with the engine of JavaScript: the check can fail', () => {
    const backtracking = /^(a+)+$/;
    expect(took(() => backtracking.test(`${'a'.repeat(24)}!`))).toBeGreaterThan(20);
  });

  it('still distinguishes matching texts from others', () => {
    const validate = validatorOf(textOf('^[A-Z]{2}-\\d{4}$'));
    expect(validate({ answer: 'AB-1234' })).toBe(true);
    expect(validate({ answer: 'AB-12345' })).toBe(false);
    expect(validatorOf(textOf('^\\u0041\\/$'))({ answer: 'A/' })).toBe(true);
  });
});

describe('a schema is refused', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [
      `d${n}`,
      n === 0 ? {} : { allOf: [{ $ref: `#/definitions/d${n - 1}` }, { $ref: `#/definitions/d${n - 1}` }] },
    ]),
  );
  const nested = (depth: number): JsonObject => (depth === 0 ? {} : { not: nested(depth - 1) });

  it.each([
    ['that is too large', { description: 'x'.repeat(17_000) }, /16384 bytes/],
    ['that is too deep', nested(13), /12 levels/],
    ['that refers to another host', { $ref: 'https://example.com/schema.json' }, /own parts/],
    ['that refers to a file', { properties: { a: { $ref: 'other.json#/a' } } }, /own parts/],
    ['that refers to itself', { $ref: '#' }, /itself/],
    [
      'with circular references',
      { $ref: '#/definitions/a', definitions: { a: { allOf: [{ $ref: '#/definitions/a' }] } } },
      /itself/,
    ],
    ['that refers to nothing', { $ref: '#/definitions/none' }, /has no part/],
    [
      'that grows when references are followed',
      { $ref: '#/definitions/d19', definitions: doubling },
      /500 subschemas|levels/,
    ],
    ['with a look-ahead', { type: 'string', pattern: '(?=a)b' }, /not RE2/],
    ['with a back reference', { type: 'string', pattern: '(a)\\1' }, /not RE2/],
    ['with a pattern that explodes', { type: 'string', pattern: '((a{0,100}){0,100}){0,100}' }, /not RE2|too large/],
    [
      'with patterns that are large together',
      { type: 'string', pattern: '[a-z]{1,999}[0-9]{1,999}.{1,999}' },
      /too large/,
    ],
    ['with a large pattern for names', { type: 'object', patternProperties: { '(?=a)': {} } }, /not RE2/],
    ['with a keyword nobody knows', { type: 'string', minLenght: 1 }, /minLenght/],
    ['with a format', { type: 'string', format: 'email' }, /format/],
    ['that is asynchronous', { $async: true, type: 'object' }, /asynchronous/],
    ['that is not JSON Schema', { type: 'text' }, /type/],
  ])('%s', (_, schema, reason) => {
    expect(checkSchema(schema)).toMatch(reason);
  });

  it('and otherwise accepted: local references, alternatives, patterns', () => {
    const name = { type: 'string', minLength: 1, pattern: '^\\p{L}+$' };
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { first: { $ref: '#/definitions/name' }, last: { $ref: '#/definitions/name' } },
      required: ['first'],
      additionalProperties: false,
      definitions: { name },
    };
    expect(checkSchema(schema)).toBeUndefined();
    expect(validatorOf(schema)({ first: 'Zoë' })).toBe(true);
    expect(validatorOf(schema)({ first: '1' })).toBe(false);
  });
});
