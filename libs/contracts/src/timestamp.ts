const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/** The largest offset that Postgres takes, in hours; no zone has ever been as far from UTC. */
const MAX_OFFSET_HOURS = 15;
/** A year as ISO 8601 and Postgres write it alike. */
const PLAIN_YEAR = /^(?!0000)\d{4}-/;

/** A moment as someone wrote it, to the millisecond. */
export interface Moment {
  /** The whole millisecond at or before it, and the first one at or after it: Python writes microseconds. */
  floor: Date;
  ceil: Date;
  /** In UTC with microseconds, as precise as Postgres keeps it. */
  iso: string;
  /** It names a day and no time of that day. */
  wholeDay: boolean;
}

/**
 * Reads strict ISO 8601: a calendar date that exists, alone or with a time, in UTC unless it names an offset (contracts
 * README, "Times"). Every door reads times with it. Undefined for everything else: `2024-02-30`, `now`, `infinity`, and what
 * its offset moves out of the years 1 to 9999.
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

/** A moment as bodies have it stored: ISO 8601 in UTC with milliseconds. Undefined for what is no moment. */
export const inUtc = (text: string): string | undefined => readMoment(text)?.floor.toISOString();

/** A time without a zone. */
const UNZONED = /T[\d:.,]+$/;

/** A moment that `readMoment` reads, as it was written; one without a zone says that it is in UTC. */
export const zoned = (text: string): string => (UNZONED.test(text) ? `${text}Z` : text);
