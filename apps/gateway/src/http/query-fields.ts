import { boundedNfc, readMoment, tooLong } from '@herald/contracts';
import { z } from 'zod';

/** A parameter that may be given once. An empty value is a mistake; parameters nobody knows are ignored. */
const single = z.string('must be given once').min(1, 'must not be empty');

/** A whole number from `min` to `max`, in plain digits. */
export const wholeNumber = (min: number, max: number, fallback: number) =>
  single
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .default(fallback)
    // Text that holds a number, told to clients as the number it holds.
    .meta({ type: 'integer', minimum: min, maximum: max, pattern: undefined, minLength: undefined });

export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values as T & readonly [string, ...string[]], `must be one of ${values.join(', ')}`);

const MAX_TEXT = 1000;
const CONTROL = /\p{Cc}/u;

/** Any text that can be stored, in NFC as it is stored: what nobody ever stored matches nothing. */
export const anyText = single
  .check((ctx) => {
    const text = boundedNfc(ctx.value, MAX_TEXT);
    const fault = text === undefined ? tooLong(MAX_TEXT) : CONTROL.test(text) && 'must not hold control characters';
    if (fault) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value });
    else ctx.value = text as string;
  })
  .meta({ maxLength: MAX_TEXT });

const LAST_MS_OF_DAY = 24 * 60 * 60 * 1000 - 1;

function moment(pick: (text: NonNullable<ReturnType<typeof readMoment>>) => Date) {
  return single
    .transform((value, ctx): Date => {
      const read = readMoment(value);
      if (read) return pick(read);
      ctx.addIssue({ code: 'custom', message: 'must be a date, or a date and time, in ISO 8601' });
      return z.NEVER;
    })
    .describe('A date, or a date and time, in ISO 8601; UTC unless it names a zone');
}

/** The first millisecond that belongs to a range; a date without a time begins with its first. */
export const rangeStart = moment(({ ceil }) => ceil);

/** The last millisecond that belongs to a range; a date without a time ends with its last. */
export const rangeEnd = moment(({ floor, wholeDay }) =>
  wholeDay ? new Date(floor.getTime() + LAST_MS_OF_DAY) : floor,
);

/** Where a page ended: the time and the id of its last item. Opaque to clients. */
export interface Cursor {
  at: Date;
  id: string;
}

export const writeCursor = ({ at, id }: Cursor): string => Buffer.from(`${at.getTime()} ${id}`).toString('base64url');

/** The first and the last millisecond that both Postgres and `Date` can hold: every row's time lies between them. */
const EARLIEST_MS = Date.UTC(-4712, 0, 1);
const LATEST_MS = 8_640_000_000_000_000;

export const cursor = single
  .transform((value, ctx): Cursor => {
    const [, ms, id] = /^(-?\d{1,16}) ([0-9a-f-]{36})$/.exec(Buffer.from(value, 'base64url').toString('latin1')) ?? [];
    const at = Number(ms);
    if (id && at >= EARLIEST_MS && at <= LATEST_MS && z.guid().safeParse(id).success) return { at: new Date(at), id };
    ctx.addIssue({ code: 'custom', message: 'is not a cursor of this list' });
    return z.NEVER;
  })
  .describe('The cursor that the page before gave');
