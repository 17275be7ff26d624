import fc from 'fast-check';
import { boundedNfc, readText, startOf } from './text.js';

/** Marks that normalization has to sort. */
const marks = (units: number) => '\u0301\u0316'.repeat(units / 2);
const line = (max: number) => (value: string) => readText(value, max, false).fault;
const text = (max: number) => (value: string) => readText(value, max, true).fault;
const fault = (faultOf: ReturnType<typeof line>, value: string) => faultOf(value);

describe('a limit in code points', () => {
  it('applies to every character in its longest spelling', () => {
    const changing = Array.from({ length: 0x110000 }, (_, point) => point)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((character) => character.normalize('NFD') !== character || /\p{M}/u.test(character));
    expect(changing.length).toBeGreaterThan(14_000);
    const wrong = changing.filter((character) =>
      [character, character.normalize('NFC'), character.normalize('NFD')].some((spelling) => {
        const stored = spelling.repeat(30).normalize('NFC');
        const count = [...stored].length;
        const given = spelling.repeat(30);
        return boundedNfc(given, count) !== stored || boundedNfc(given, count - 1) !== undefined;
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('applies to the text in NFC, whatever marks it has', () => {
    const unit = fc.constantFrom(
      'a',
      'α',
      '\u0313',
      '\u0300',
      '\u0345',
      '\u0301',
      '\u0316',
      '\u0dd9',
      '\u0dcf',
      '\u0dca',
      '가',
      '\u1100',
      '\u1161',
      '😀',
      '\u{2f800}',
    );
    const texts = fc.array(fc.tuple(unit, fc.nat(60)), { maxLength: 12 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 300 }), (parts, max) => {
        const given = parts.map(([one, times]) => one.repeat(times)).join('');
        const stored = given.normalize('NFC');
        expect(boundedNfc(given, max)).toBe([...stored].length > max ? undefined : stored);
      }),
      { numRuns: 2000 },
    );
  });

  it('allows as many consecutive marks as characters', () => {
    expect(fault(line(280), `a${marks(278)}`)).toBeUndefined();
    expect(fault(line(280), `a${marks(400)}`)).toBe('must have at most 280 characters');
  });
});

describe('text that is far too long', () => {
  it.each([
    ['marks alone', marks(400_000)],
    ['marks behind a letter each time', `a${marks(2000)}`.repeat(200)],
    ['invisible characters', '\u200b'.repeat(400_000)],
    ['control characters', '\0'.repeat(400_000)],
  ])('is refused for its length immediately: %s', (_, given) => {
    const startedAt = performance.now();
    for (const schema of [line(30), text(280), text(10_000)])
      expect(fault(schema, given)).toContain('must have at most');
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('is cheap to check just below the length at which it is refused', () => {
    const startedAt = performance.now();
    for (let times = 0; times < 1000; times++) expect(fault(text(280), marks(2240))).toContain('must have at most');
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

it('the start of a text does not split a character', () => {
  expect(startOf('ab😀', 3)).toBe('ab');
  expect(startOf('ab😀', 4)).toBe('ab😀');
});
