const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/** Largest offset that Postgres accepts, in hours; no time zone was ever as far from UTC. */
const MAX_OFFSET_HOURS = 15;
/** A year that ISO 8601 and Postgres write alike. */
const PLAIN_YEAR = /^(?!0000)\d{4}-/;

/** A point in time, parsed from text. */
export interface Moment {
  /** The last millisecond at or before it, and the first at or after it: Python writes microseconds. */
  floor: Date;
  ceil: Date;
  /** In UTC with microseconds, the precision of Postgres. */
  iso: string;
  /** True for a date without a time. */
  wholeDay: boolean;
}

/**
 * Parses strict ISO 8601: an existing calendar date, alone or with a time, in UTC unless it has an offset (contracts
 * README, "Times"). All routes and consumers parse times with it. Returns undefined for everything else: `2024-02-30`,
 * `now`, `infinity`, and times that their offset moves out of the years 1 to 9999.
 */
export function readMoment(text: string): Moment | undefined {
  const found = ISO_8601.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as Six;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return undefined;
  const [fraction, , sign, offsetHours, offsetMinutes] = found.slice(7);
  if (year === 0 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (Number(offsetHours ?? 0) > MAX_OFFSET_HOURS || Number(offsetMinutes ?? 0) > 59) return undefined;
  const digits = (fraction ?? '').padEnd(9, '0');
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0));
  at.setUTCHours(hour, minute - offset, second, Number(digits.slice(0, 3)));
  const floor = at.toISOString();
  if (!PLAIN_YEAR.test(floor)) return undefined;
  const exact = Number(digits.slice(3)) === 0;
  return {
    floor: at,
    ceil: exact ? at : new Date(at.getTime() + 1),
    iso: floor.replace('Z', `${digits.slice(3, 6)}Z`),
    wholeDay: found[4] === undefined,
  };
}

type Six = [number, number, number, number, number, number];

/** Returns a time as it is stored: ISO 8601 in UTC with milliseconds. Undefined if the text is no valid time. */
export const inUtc = (text: string): string | undefined => readMoment(text)?.floor.toISOString();

/** A time without a zone. */
const UNZONED = /T[\d:.,]+$/;

/** Returns a valid time as it was written, with `Z` added if it has no zone. */
export const withZone = (text: string): string => (UNZONED.test(text) ? `${text}Z` : text);
