/** A stretch of time from `from` up to, not including, `to`; epoch milliseconds, infinite where it is open. */
export interface Stretch {
  from: number;
  to: number;
}

/**
 * One term of a sum over a range: the counters of all time, of days or of hours, or a count of rows, added to (1) or
 * subtracted from (-1) the sum.
 */
export type Part = Stretch & { by: 'all' | 'day' | 'hour' | 'rows'; sign: 1 | -1 };

const LENGTH_MS = { day: 24 * 60 * 60 * 1000, hour: 60 * 60 * 1000 };
type Grain = keyof typeof LENGTH_MS;

/**
 * Covers a range with the coarsest counters that fit: days (UTC), hours where they are counted, and rows at the ends.
 * An end inside a unit is counted up to it, or as the whole unit minus what lies beyond, whichever counts less: at most
 * half a unit, and almost nothing of a unit that has not ended yet.
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
    a <= b ? coverWith({ from: a, to: b }, finer, now) : negated(coverWith({ from: b, to: a }, finer, now));
  if (first >= last) return between(from, to);
  return [...between(from, first), { by: grain, from: first, to: last, sign: 1 }, ...between(last, to)];
}

/**
 * Covers a range with the coarsest counters that lie inside it, and with rows at its ends: at most an hour of them at
 * each, where hours are counted. Nothing is subtracted, so that every part can be told apart by its time.
 */
export function coverInside(range: Stretch, [grain, ...finer]: readonly Grain[]): Part[] {
  const { from, to } = range;
  if (from >= to) return [];
  if (!grain) return [{ by: 'rows', ...range, sign: 1 }];
  const unit = LENGTH_MS[grain];
  const [first, last] = [up(from, unit), down(to, unit)];
  if (first >= last) return coverInside(range, finer);
  return [
    ...coverInside({ from, to: first }, finer),
    { by: grain, from: first, to: last, sign: 1 },
    ...coverInside({ from: last, to }, finer),
  ];
}

const down = (at: number, unit: number) => (Number.isFinite(at) ? Math.floor(at / unit) * unit : at);
const up = (at: number, unit: number) => (Number.isFinite(at) ? Math.ceil(at / unit) * unit : at);

const negated = (parts: Part[]): Part[] => parts.map((part) => ({ ...part, sign: part.sign === 1 ? -1 : 1 }));

/** Returns the whole units nearest to the range. */
function bounds({ from, to }: Stretch, unit: number, now: number): [number, number] {
  // The future contains no rows to count.
  const length = (a: number, b: number) => Math.min(b, now) - Math.min(a, now);
  const nearest = (at: number) =>
    length(at, up(at, unit)) < length(down(at, unit), at) ? up(at, unit) : down(at, unit);
  if (up(from, unit) <= down(to, unit)) return [nearest(from), nearest(to)];
  const beyond = length(down(from, unit), from) + length(to, up(to, unit));
  return beyond < length(from, to) ? [down(from, unit), up(to, unit)] : [from, from];
}
