import { check, Dto } from './dto.js';
import { IsMoment, IsWrittenTime } from './rules.js';
import { readMoment } from './timestamp.js';

@Dto()
class Times {
  @IsMoment()
  moment: string;

  @IsWrittenTime()
  written: string;
}

const read = (text: string) => check(Times, { moment: text, written: text });

const floor = (text: string) => readMoment(text)?.floor.toISOString();

describe('parsing a time (contracts README, "Times")', () => {
  it.each([
    ['2024-01-10T10:00:00Z', '2024-01-10T10:00:00.000Z'],
    ['2024-01-10T10:00Z', '2024-01-10T10:00:00.000Z'],
    ['2024-01-10T10:00:00', '2024-01-10T10:00:00.000Z'],
    ['2024-01-10T10:00:00.123456', '2024-01-10T10:00:00.123Z'],
    ['2024-01-10T10:00:00+02:00', '2024-01-10T08:00:00.000Z'],
    ['2024-01-10T10:00:00-0330', '2024-01-10T13:30:00.000Z'],
    ['2024-01-10T10:00:00+0000', '2024-01-10T10:00:00.000Z'],
    ['2024-01-10T10:00:00+02', '2024-01-10T08:00:00.000Z'],
    ['2024-01-10T10:00:00,5Z', '2024-01-10T10:00:00.500Z'],
    ['2024-01-10T10:00:00.1234567890123Z', '2024-01-10T10:00:00.123Z'],
    ['2024-01-10T10:00:00-15:59', '2024-01-11T01:59:00.000Z'],
    ['2024-01-10', '2024-01-10T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0099-01-01', '0099-01-01T00:00:00.000Z'],
  ])('takes %s', (text, expected) => expect(floor(text)).toBe(expected));

  it.each([
    ['2024-02-30'],
    ['2023-02-29'],
    ['2024-13-01'],
    ['2024-00-10'],
    ['2024-01-10T24:00:00Z'],
    ['2024-01-10T10:60:00Z'],
    ['2024-01-10T10:00:60Z'],
    ['2024-01-10T10:00:00+25:00'],
    ['2024-01-10T10:00:00+16:00'],
    ['2024-01-10T10:00:00-2359'],
    ['2024-01-10T10:00:00+'],
    ['0001-01-01T00:00:00+05:00'],
    ['9999-12-31T23:59:59-05:00'],
    ['2024-01-10 10:00:00'],
    ['2024-01-10t10:00:00z'],
    ['0000-01-01'],
    ['now'],
    ['yesterday'],
    ['infinity'],
    ['1704880800'],
    ['2024-1-1'],
    [' 2024-01-10'],
    [''],
  ])('refuses %j', (text) => expect(readMoment(text)).toBeUndefined());

  it('rounds fractions of a millisecond inwards at either end of a range', () => {
    const moment = readMoment('2024-01-10T10:00:00.123456Z');
    expect(moment?.floor.toISOString()).toBe('2024-01-10T10:00:00.123Z');
    expect(moment?.ceil.toISOString()).toBe('2024-01-10T10:00:00.124Z');
    expect(readMoment('2024-01-10T10:00:00.123000Z')?.ceil.toISOString()).toBe('2024-01-10T10:00:00.123Z');
  });

  it('keeps microseconds, as Postgres does', () => {
    expect(readMoment('2024-01-10T10:00:00.1234567+01:00')?.iso).toBe('2024-01-10T09:00:00.123456Z');
    expect(readMoment('2024-01-10T10:00:00,5')?.iso).toBe('2024-01-10T10:00:00.500000Z');
  });

  it('distinguishes a whole day from a time of it', () => {
    expect(readMoment('2024-01-10')?.wholeDay).toBe(true);
    expect(readMoment('2024-01-10T00:00')?.wholeDay).toBe(false);
  });
});

describe('a time in a body', () => {
  it('is stored in UTC with milliseconds, and unchanged when parsed again', () => {
    const once = read('2024-01-15T07:00:00+01:00').value?.moment as string;
    expect(once).toBe('2024-01-15T06:00:00.000Z');
    expect(read(once).value?.moment).toBe(once);
  });

  it('refuses a year that Postgres and ISO 8601 write in different ways', () => {
    const wrong = (text: string) => read(text).issues?.map(({ path }) => path?.[0]);
    expect(wrong('0001-01-01T00:00:00+05:00')).toContain('moment');
    expect(wrong('9999-12-31T23:59:59-05:00')).toContain('moment');
  });
});

describe('a time that is stored as written', () => {
  it.each([
    ['2024-01-10T10:00:00', '2024-01-10T10:00:00Z'],
    ['2024-01-10T10:00:00,5', '2024-01-10T10:00:00,5Z'],
    ['2024-01-10T10:00:00+00', '2024-01-10T10:00:00+00'],
    ['2024-01-10T10:00:00-0330', '2024-01-10T10:00:00-0330'],
    ['2024-01-10', '2024-01-10'],
  ])('%s is stored with its zone, and can be parsed again', (text, kept) => {
    expect(read(text).value?.written).toBe(kept);
    expect(readMoment(kept)).toEqual(readMoment(text));
  });

  it.each(['2024-01-10T10:00:00+16:00', 'now', '0000-01-01'])('refuses %s', (text) => {
    expect(read(text).issues?.map(({ path }) => path?.[0])).toContain('written');
  });
});
