import fc from 'fast-check';
import { GOOD_TIMES } from './rules.js';

export type Json = unknown;

/** Characters that stores and counters stumble over: in two code points, in two UTF-16 units, invisible, forbidden. */
const UNITS = [
  'a',
  'ß',
  'é',
  'e\u0301',
  '漢',
  '😀',
  '👩‍👩‍👧',
  '\u200b',
  '\u202e',
  '\u00a0',
  ' ',
  "'",
  '"',
  '\\',
  '<',
  '%',
  '\ufffd',
  '\ufdfa',
  '\u1100\u1161',
];
const FORBIDDEN = ['\0', '\t', '\n', '\r', '\u001b', '\x7f', '\x85', '\ud800', '\udc00', '\uffff', '\u2028', '\ue000'];

export const unit = fc.oneof(
  { weight: 300, arbitrary: fc.constantFrom(...UNITS) },
  { weight: 1, arbitrary: fc.constantFrom(...FORBIDDEN) },
);
/** Any UTF-16 there is. */
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

export const text = (max: number) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit, minLength: 1, maxLength: Math.min(max, 20) }) },
    { weight: 1, arbitrary: fc.constantFrom(...UNITS).map((one) => one.repeat(max)) },
  );
export const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
);

export const strings = fc.oneof(
  fc.string({ unit, maxLength: 40 }),
  fc.string({ unit: anyUnit, maxLength: 20 }),
  fc
    .tuple(
      fc.constantFrom(...UNITS, ...FORBIDDEN),
      fc.constantFrom(1, 30, 31, 100, 101, 200, 201, 280, 281, 2001, 4096, 10_001, 20_000),
    )
    .map(([one, times]) => one.repeat(times)),
  fc.constantFrom(
    '',
    ' ',
    'null',
    'true',
    '0',
    '-1',
    'NaN',
    '__proto__',
    'constructor',
    'toString',
    "'; drop table outbox; --",
    '${jndi:x}',
    '../../etc/passwd',
    'https://a',
    'http://a',
    'a@b',
    'read',
    'urgent',
    'system',
  ),
  fc.constantFrom(
    ...GOOD_TIMES,
    'now',
    'infinity',
    '2024-02-30',
    '2024-01-15T24:00:00Z',
    '0000-01-01',
    '9999-12-31T23:59:59-23:59',
    '0001-01-01T00:00:00+01:00',
  ),
  uuid,
);

export const numbers = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.1,
    1e21,
    1e308,
    5e-324,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    456,
    123,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);

const deep = fc.tuple(fc.nat(80), fc.boolean()).map(([depth, list]): Json => {
  let value: Json = 1;
  for (let level = 0; level < depth; level++) value = list ? [value] : { a: value };
  return value;
});

export const { wild } = fc.letrec<{ wild: Json }>((tie) => ({
  wild: fc.oneof(
    { maxDepth: 4, withCrossShrink: false },
    { weight: 4, arbitrary: fc.oneof(strings, numbers, fc.boolean(), fc.constant(null)) },
    { weight: 1, arbitrary: fc.array(tie('wild'), { maxLength: 5 }) },
    { weight: 1, arbitrary: fc.dictionary(strings, tie('wild'), { maxKeys: 5, noNullPrototype: true }) },
    { weight: 1, arbitrary: deep },
  ),
}));

interface Mutation {
  at: number;
  how: 'drop' | 'set' | 'add' | 'rename' | 'wrap';
  name: string;
  value: Json;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(1000),
  how: fc.constantFrom('drop', 'set', 'set', 'add', 'rename', 'wrap'),
  name: strings,
  value: wild,
});

type Container = Record<string, Json>;

/** Every place in a value: its parent, and its key there. */
function placesOf(holder: Container): [Container, string][] {
  return Object.keys(holder).flatMap((name) => {
    const value = holder[name];
    const inside = typeof value === 'object' && value !== null ? placesOf(value as Container) : [];
    return [[holder, name] as [Container, string], ...inside];
  });
}

/** One thing changed somewhere in the value. Sets own properties only, whatever they are called. */
function mutated(value: Json, { at, how, name, value: other }: Mutation): Json {
  const root: Container = { value: structuredClone(value) };
  const places = placesOf(root);
  const [holder, key] = places[at % places.length] as [Container, string];
  const put = (on: Container, as: string, what: Json) =>
    Object.defineProperty(on, as, { value: what, enumerable: true, writable: true, configurable: true });
  const old = holder[key];
  if (how === 'set') put(holder, key, other);
  if (how === 'wrap') put(holder, key, [old]);
  if (how === 'add' && !Array.isArray(holder)) put(holder, name, other);
  if (how === 'drop' || how === 'rename') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  }
  if (how === 'rename' && !Array.isArray(holder)) put(holder, name, old);
  return root.value;
}

/** Mostly with something changed. */
export const nearly = (good: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(good, fc.array(mutation, { maxLength: 2 })).map(([value, mutations]) => mutations.reduce(mutated, value));

/** As JSON text; a lone surrogate becomes an escape, `undefined` is none. */
const asText = (value: Json) => JSON.stringify(value) ?? '';

/** Bytes that make no good address or time of another, as a letter or digit would: the rules know those by heart. */
const FOREIGN = [...Array(32).keys(), 0x22, 0x5c, 0x7f, 0xc0, 0xff];

/** A text with something wrong in its bytes: cut, doubled, or with a byte that does not belong there. */
const broken = (whole: fc.Arbitrary<string>) =>
  fc
    .tuple(whole, fc.nat(), fc.constantFrom('cut', 'insert', 'replace', 'double', 'key'), fc.constantFrom(...FOREIGN))
    .map(([json, at, how, byte]) => {
      const bytes = Buffer.from(json);
      const place = at % (bytes.length + 1);
      if (how === 'cut') return bytes.subarray(0, place);
      if (how === 'double') return Buffer.concat([bytes, bytes]);
      if (how === 'key') return Buffer.from(json.replace('{', '{"__proto__":{},').replace(/"(\w+)":/, '"$1":1,"$1":'));
      return Buffer.concat([
        bytes.subarray(0, place),
        Buffer.from([byte]),
        bytes.subarray(place + (how === 'replace' ? 1 : 0)),
      ]);
    });

/** A body as bytes, near or far from a good one. */
export function bytesNear(good: fc.Arbitrary<Json>): fc.Arbitrary<Buffer> {
  const changed = nearly(good);
  return fc.oneof(
    { weight: 8, arbitrary: good.map((value) => Buffer.from(asText(value))) },
    { weight: 12, arbitrary: changed.map((value) => Buffer.from(asText(value))) },
    { weight: 3, arbitrary: wild.map((value) => Buffer.from(asText(value))) },
    { weight: 3, arbitrary: broken(changed.map(asText)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('['.repeat(30_000), '{"a":'.repeat(10_000), '', ' ', '\ufeff{}', `{"a":"${'x'.repeat(66_000)}"}`)
        .map((body) => Buffer.from(body)),
    },
  );
}
