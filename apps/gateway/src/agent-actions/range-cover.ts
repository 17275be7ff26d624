/** A stretch of time from `from` up to, not including, `to`; epoch milliseconds, infinite where it is open. */
export interface Stretch {
  from: number;
  to: number;
}

/** How one part of a range is counted: by counters of all time, of days or of hours, or row by row. */
export type Part = Stretch & { by: 'all' | 'day' | 'hour' | 'rows' };

const LENGTH_MS = { day: 24 * 60 * 60 * 1000, hour: 60 * 60 * 1000 };
type Grain = keyof typeof LENGTH_MS;

const floor = (at: number, unit: number) => (Number.isFinite(at) ? Math.floor(at / unit) * unit : at);
const ceil = (at: number, unit: number) => (Number.isFinite(at) ? Math.ceil(at / unit) * unit : at);

/**
 * Covers a range with the coarsest counters that fit: whole days (UTC), then whole hours at its ends where counters of
 * hours are kept, and rows for what is left, which is less than one unit of the finest grain at either end.
 */
export function coverRange({ from, to }: Stretch, grains: readonly Grain[]): Part[] {
  if (from >= to) return [];
  if (from === -Infinity && to === Infinity) return [{ by: 'all', from, to }];
  return coverWith(from, to, grains);
}

function coverWith(from: number, to: number, [grain, ...finer]: readonly Grain[]): Part[] {
  if (from >= to) return [];
  if (!grain) return [{ by: 'rows', from, to }];
  const [first, last] = [ceil(from, LENGTH_MS[grain]), floor(to, LENGTH_MS[grain])];
  if (first >= last) return coverWith(from, to, finer);
  return [...coverWith(from, first, finer), { by: grain, from: first, to: last }, ...coverWith(last, to, finer)];
}
