import { coverRange } from './range-cover.js';

const at = (text: string) => Date.parse(text);
const range = (from?: string, to?: string) => ({
  from: from ? at(from) : -Infinity,
  to: to ? at(to) : Infinity,
});
const show = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 16) : '…');
const cover = (from?: string, to?: string, grains: ('day' | 'hour')[] = ['day', 'hour']) =>
  coverRange(range(from, to), grains).map((part) => `${part.by} ${show(part.from)} ${show(part.to)}`);

describe('covering a range of time with counters', () => {
  it('takes the counters of all time for a range without ends', () => {
    expect(cover()).toEqual(['all … …']);
  });

  it('takes days, then hours, then rows', () => {
    expect(cover('2024-01-01T10:20Z', '2024-01-04T03:30Z')).toEqual([
      'rows 2024-01-01T10:20 2024-01-01T11:00',
      'hour 2024-01-01T11:00 2024-01-02T00:00',
      'day 2024-01-02T00:00 2024-01-04T00:00',
      'hour 2024-01-04T00:00 2024-01-04T03:00',
      'rows 2024-01-04T03:00 2024-01-04T03:30',
    ]);
  });

  it('needs no rows when both ends lie on the hour', () => {
    expect(cover('2024-01-01T10:00Z', '2024-01-02T00:00Z')).toEqual(['hour 2024-01-01T10:00 2024-01-02T00:00']);
  });

  it('counts rows of part days where no hours are kept', () => {
    expect(cover('2024-01-01T10:00Z', '2024-01-03T01:00Z', ['day'])).toEqual([
      'rows 2024-01-01T10:00 2024-01-02T00:00',
      'day 2024-01-02T00:00 2024-01-03T00:00',
      'rows 2024-01-03T00:00 2024-01-03T01:00',
    ]);
  });

  it('leaves an open end open', () => {
    expect(cover('2024-01-01T00:00Z')).toEqual(['day 2024-01-01T00:00 …']);
    expect(cover(undefined, '2024-01-01T00:00Z')).toEqual(['day … 2024-01-01T00:00']);
  });

  it('counts a stretch within an hour by rows, and nothing of an empty one', () => {
    expect(cover('2024-01-01T10:20Z', '2024-01-01T10:40Z')).toEqual(['rows 2024-01-01T10:20 2024-01-01T10:40']);
    expect(cover('2024-01-01T10:20Z', '2024-01-01T10:20Z')).toEqual([]);
  });

  it('covers each moment once, whatever the range', () => {
    const day = 24 * 60 * 60 * 1000;
    for (let round = 0; round < 500; round++) {
      const from = Math.floor(Math.random() * 5 * day);
      const to = from + Math.floor(Math.random() * 5 * day);
      const parts = coverRange({ from, to }, ['day', 'hour']);
      expect(parts.reduce((reached, part) => (part.from === reached ? part.to : NaN), from)).toBe(to);
    }
  });
});
