import {
  faultsOfItems,
  isLonger,
  isUuid,
  type JsonObject,
  type Moment,
  ofText,
  readMoment,
  rule,
  storedText,
  tooLong,
} from '@herald/contracts';

/** Returns the fault of a parameter that is repeated or empty. */
function faultOfSingle(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be given once';
  return value === '' ? 'must not be empty' : undefined;
}

/** Declares a parameter that is parsed from text: valid when `read` returns something other than text. */
function readAs(name: string, read: (text: string) => unknown, message: string, schema: JsonObject) {
  const isRead = (value: unknown) => typeof value !== 'string' && !Array.isArray(value);
  return rule(name, (value) => (isRead(value) ? undefined : (faultOfSingle(value) ?? message)), {
    normalise: ofText((text) => read(text) ?? text),
    schema,
  });
}

/** Accepts a whole number from `min` to `max` in plain digits, documented to clients as a number. */
export const IsWholeNumber = (min: number, max: number) =>
  readAs(
    'isWholeNumber',
    (text) => (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
    `must be a whole number from ${min} to ${max}`,
    { type: 'integer', minimum: min, maximum: max },
  );

const MAX_TEXT = 1000;
const CONTROL = /\p{Cc}/u;
const stored = ofText((text) => storedText(text, MAX_TEXT));

function faultOfWord(value: unknown): string | undefined {
  const fault = faultOfSingle(value);
  if (fault) return fault;
  if (isLonger(value as string, MAX_TEXT)) return tooLong(MAX_TEXT);
  return CONTROL.test(value as string) ? 'must not hold control characters' : undefined;
}

const WORD = { type: 'string', minLength: 1, maxLength: MAX_TEXT };

/** Accepts any text that can be stored, normalised to NFC like stored text. Other text matches nothing. */
export const IsWord = () => rule('isWord', faultOfWord, { normalise: stored, schema: WORD });

/** Accepts several words: the parameter may be repeated, or contain words separated by commas. */
export const AreWords = () =>
  rule('areWords', (words) => faultsOfItems(words as unknown[], faultOfWord), {
    normalise: (given) =>
      [given].flat().flatMap((text) => (text as string).split(',').map((word) => storedText(word, MAX_TEXT))),
    list: true,
    schema: { items: WORD },
  });

const LAST_MS_OF_DAY = 24 * 60 * 60 * 1000 - 1;

const IsRangeBound = (pick: (moment: Moment) => Date) =>
  readAs(
    'isRangeBound',
    (text) => {
      const moment = readMoment(text);
      return moment && pick(moment);
    },
    'must be a date, or a date and time, in ISO 8601',
    {
      type: 'string',
      minLength: 1,
      description: 'A date, or a date and time, in ISO 8601; UTC unless it names a zone',
    },
  );

/** The first millisecond of a range; a date without a time begins with its first. */
export const IsRangeStart = () => IsRangeBound(({ ceil }) => ceil);

/** The last millisecond of a range; a date without a time ends with its last. */
export const IsRangeEnd = () =>
  IsRangeBound(({ floor, wholeDay }) => (wholeDay ? new Date(floor.getTime() + LAST_MS_OF_DAY) : floor));

/** Accepts a moment that is not after the other parameter, where both are present. */
export const IsNotAfter = (other: string) =>
  rule('isNotAfter', (start, params) => {
    const end = (params as JsonObject)[other];
    return start instanceof Date && end instanceof Date && start > end ? `must not be after ${other}` : undefined;
  });

/** The end of a page: the time and the id of its last item. Opaque to clients. */
export interface Cursor {
  at: Date;
  id: string;
}

export const writeCursor = ({ at, id }: Cursor): string => Buffer.from(`${at.getTime()} ${id}`).toString('base64url');

/** The first and last millisecond that both Postgres and `Date` support: every row's time is between them. */
const EARLIEST_MS = Date.UTC(-4712, 0, 1);
const LATEST_MS = 8_640_000_000_000_000;

/** Returns undefined for a text that no page contained. */
function readCursor(text: string): Cursor | undefined {
  const [, ms, id] = /^(-?\d{1,16}) ([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  const at = Number(ms);
  return isUuid(id) && at >= EARLIEST_MS && at <= LATEST_MS ? { at: new Date(at), id } : undefined;
}

/** Accepts a cursor; `read` parses those of one list. */
export const IsCursor = (read: (text: string) => unknown = readCursor) =>
  readAs('isCursor', read, 'is not a cursor of this list', {
    type: 'string',
    minLength: 1,
    description: 'The cursor that the page before gave',
  });
