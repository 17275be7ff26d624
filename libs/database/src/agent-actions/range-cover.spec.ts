import { coverInside, coverRange } from './range-cover.js';

const at = (text: string) => Date.parse(text);
const range = (from?: string, to?: string) => ({
  from: from ? at(from) : -Infinity,
  to: to ? at(to) : Infinity,
});
const show = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 16) : '…');
const cover = (from?: string, to?: string, grains: ('day' | 'hour')[] = ['day', 'hour'], now = '2026-01-01T00:00Z') =>
  coverRange(range(from, to), grains, at(now)).map(
    (part) => `${part.sign > 0 ? '' : '- '}${part.by} ${show(part.from)} ${show(part.to)}`,
  );

describe('covering a range of time with counters', () => {
  it('takes the counters of all time for a range without ends', () => {
    expect(cover()).toEqual(['all … …']);
  });

  it('takes days, then hours, then rows', () => {
    expect(cover('2024-01-01T20:40Z', '2024-01-04T03:20Z')).toEqual([
      'rows 2024-01-01T20:40 2024-01-01T21:00',
      'hour 2024-01-01T21:00 2024-01-02T00:00',
      'day 2024-01-02T00:00 2024-01-04T00:00',
      'hour 2024-01-04T00:00 2024-01-04T03:00',
      'rows 2024-01-04T03:00 2024-01-04T03:20',
    ]);
  });

  it('takes a unit minus what lies beyond the end where that is shorter', () => {
    expect(cover('2024-01-01T03:20Z', '2024-01-03T20:40Z')).toEqual([
      '- hour 2024-01-01T00:00 2024-01-01T03:00',
      '- rows 2024-01-01T03:00 2024-01-01T03:20',
      'day 2024-01-01T00:00 2024-01-04T00:00',
      '- rows 2024-01-03T20:40 2024-01-03T21:00',
      '- hour 2024-01-03T21:00 2024-01-04T00:00',
    ]);
  });

  it('counts no rows before an end that is now, however much of the hour has passed', () => {
    const now = '2024-01-03T03:20Z';
    expect(cover('2024-01-01T00:00Z', now, ['day', 'hour'], now)).toEqual([
      'day 2024-01-01T00:00 2024-01-04T00:00',
      '- rows 2024-01-03T03:20 2024-01-03T04:00',
      '- hour 2024-01-03T04:00 2024-01-04T00:00',
    ]);
  });

  it('needs no rows when both ends lie on the hour', () => {
    expect(cover('2024-01-01T13:00Z', '2024-01-02T00:00Z')).toEqual(['hour 2024-01-01T13:00 2024-01-02T00:00']);
  });

  it('counts the rows of partial days where hours are not counted', () => {
    expect(cover('2024-01-01T13:00Z', '2024-01-03T01:00Z', ['day'])).toEqual([
      'rows 2024-01-01T13:00 2024-01-02T00:00',
      'day 2024-01-02T00:00 2024-01-03T00:00',
      'rows 2024-01-03T00:00 2024-01-03T01:00',
    ]);
  });

  it('leaves an open end open', () => {
    expect(cover('2024-01-01T00:00Z')).toEqual(['day 2024-01-01T00:00 …']);
    expect(cover(undefined, '2024-01-01T00:00Z')).toEqual(['day … 2024-01-01T00:00']);
  });

  it('counts a stretch within an hour by rows, or by those around it, and nothing of an empty one', () => {
    expect(cover('2024-01-01T10:20Z', '2024-01-01T10:40Z')).toEqual(['rows 2024-01-01T10:20 2024-01-01T10:40']);
    expect(cover('2024-01-01T10:05Z', '2024-01-01T10:55Z')).toEqual([
      '- rows 2024-01-01T10:00 2024-01-01T10:05',
      'hour 2024-01-01T10:00 2024-01-01T11:00',
      '- rows 2024-01-01T10:55 2024-01-01T11:00',
    ]);
    expect(cover('2024-01-01T10:20Z', '2024-01-01T10:20Z')).toEqual([]);
  });

  it('counts each moment once for any range and time, and at most half an hour of rows at an end', () => {
    const hour = 60 * 60 * 1000;
    const some = () => Math.floor(Math.random() * 120 * hour);
    for (let round = 0; round < 2000; round++) {
      const [from = 0, to = 0] = [some(), some()].toSorted((a, b) => a - b);
      const now = some();
      const parts = coverRange({ from, to }, ['day', 'hour'], now);
      for (const moment of [from - 1, from, to - 1, to, some()]) {
        const times = parts.reduce((sum, part) => sum + (part.from <= moment && moment < part.to ? part.sign : 0), 0);
        expect([moment, times]).toEqual([moment, from <= moment && moment < to ? 1 : 0]);
      }
      const past = parts.map((part) => ({ ...part, length: Math.min(part.to, now) - Math.min(part.from, now) }));
      const rows = past.filter(({ by }) => by === 'rows').map(({ length }) => length);
      expect(rows.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(hour);
    }
  });
});

describe('the cover inside a range', () => {
  it('has each moment once, subtracts nothing, and has rows of less than an hour at each end', () => {
    const hour = 60 * 60 * 1000;
    const some = () => Math.floor(Math.random() * 120 * hour);
    for (let round = 0; round < 2000; round++) {
      const [from = 0, to = 0] = [some(), some()].toSorted((a, b) => a - b);
      const parts = coverInside({ from, to }, ['day', 'hour']);
      expect(parts.map(({ sign }) => sign)).not.toContain(-1);
      for (const moment of [from - 1, from, to - 1, to, some()]) {
        const times = parts.filter((part) => part.from <= moment && moment < part.to).length;
        expect([moment, times]).toEqual([moment, from <= moment && moment < to ? 1 : 0]);
      }
      const rows = parts.filter(({ by }) => by === 'rows').map((part) => part.to - part.from);
      expect(Math.max(0, ...rows)).toBeLessThan(2 * hour);
      expect(parts.filter(({ from: at, to: until, by }) => by !== 'rows' && (at < from || until > to))).toEqual([]);
    }
  });
});
