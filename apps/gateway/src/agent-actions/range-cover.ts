/** A stretch of time from `from` up to, not including, `to`; epoch milliseconds, infinite where it is open. */
export interface Stretch {
  from: number;
  to: number;
}

/**
 * One term of a sum over a range: what counters of all time, of days or of hours say of the stretch, or a count of its
 * rows, added to (1) or taken from (-1) the sum.
 */
export type Part = Stretch & { by: 'all' | 'day' | 'hour' | 'rows'; sign: 1 | -1 };

const LENGTH_MS = { day: 24 * 60 * 60 * 1000, hour: 60 * 60 * 1000 };
type Grain = keyof typeof LENGTH_MS;

/**
 * Covers a range with the coarsest counters that fit: days (UTC), hours where counters of hours are kept, and rows for
 * what is left at either end. An end inside a unit is counted up to it, or the whole unit less what lies beyond,
 * whichever leaves less to count: at the most half a unit, and of a unit that has not ended next to nothing.
 */
export function coverRange({ from, to }: Stretch, grains: readonly Grain[], now = Date.now()): Part[] {
  if (from >= to) return [];
  if (from === -Infinity && to === Infinity) return [{ by: 'all', from, to, sign: 1 }];
  return coverWith({ from, to }, grains, now);
}

function coverWith(range: Stretch, [grain, ...finer]: readonly Grain[], now: number): Part[] {
  const { from, to } = range;
  if (from >= to) return [];
  if (!grain) return [{ by: 'rows', ...range, sign: 1 }];
  const [first, last] = bounds(range, LENGTH_MS[grain], now);
  const between = (a: number, b: number): Part[] =>
    a <= b ? coverWith({ from: a, to: b }, finer, now) : less(coverWith({ from: b, to: a }, finer, now));
  if (first >= last) return between(from, to);
  return [...between(from, first), { by: grain, from: first, to: last, sign: 1 }, ...between(last, to)];
}

const less = (parts: Part[]): Part[] => parts.map((part) => ({ ...part, sign: part.sign === 1 ? -1 : 1 }));

/** The whole units that come nearest to the range. */
function bounds({ from, to }: Stretch, unit: number, now: number): [number, number] {
  const down = (at: number) => (Number.isFinite(at) ? Math.floor(at / unit) * unit : at);
  const up = (at: number) => (Number.isFinite(at) ? Math.ceil(at / unit) * unit : at);
  // What is still to come holds nothing that would have to be counted.
  const length = (a: number, b: number) => Math.min(b, now) - Math.min(a, now);
  const nearest = (at: number) => (length(at, up(at)) < length(down(at), at) ? up(at) : down(at));
  if (up(from) <= down(to)) return [nearest(from), nearest(to)];
  const beyond = length(down(from), from) + length(to, up(to));
  return beyond < length(from, to) ? [down(from), up(to)] : [from, from];
}
