import { typeFault } from './dto.js';
import { rule } from './rules.js';

/** The longest time that a question with an end may wait. */
const MAX_DAYS = 366;
const MAX_SECONDS = MAX_DAYS * 86_400;

/** A whole number of seconds, up to the longest time that a question may wait. */
export const IsSeconds = () =>
  rule(
    'isSeconds',
    (value) => {
      if (typeof value !== 'number') return typeFault(value, 'a number');
      const fits = Number.isInteger(value) && value >= 1 && value <= MAX_SECONDS;
      return fits ? undefined : `must be a whole number of seconds from 1 to ${MAX_SECONDS}`;
    },
    { schema: { type: 'integer', minimum: 1, maximum: MAX_SECONDS } },
  );

/** Returns the fault of a time at which a question that is asked now would end. */
export function faultOfEnd(at: Date, now = new Date()): string | undefined {
  if (at <= now) return 'must be in the future';
  return at.getTime() - now.getTime() > MAX_SECONDS * 1000 ? `must be at most ${MAX_DAYS} days ahead` : undefined;
}
