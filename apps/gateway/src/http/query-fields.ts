import { z } from 'zod';

/** A parameter that may be given once. An empty value is a mistake; parameters nobody knows are ignored. */
const single = z.string('must be given once').min(1, 'must not be empty');

/** A whole number from `min` to `max`, in plain digits. */
export const wholeNumber = (min: number, max: number, fallback: number) =>
  single
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .default(fallback);

export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values as T & readonly [string, ...string[]], `must be one of ${values.join(', ')}`);

/** Where a page ended: the time and the id of its last item. Opaque to clients. */
export interface Cursor {
  at: Date;
  id: string;
}

export const writeCursor = ({ at, id }: Cursor): string => Buffer.from(`${at.getTime()} ${id}`).toString('base64url');

export const cursor = single.transform((value, ctx): Cursor => {
  const [, ms, id] = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(Buffer.from(value, 'base64url').toString('latin1')) ?? [];
  if (ms && id && z.guid().safeParse(id).success) return { at: new Date(Number(ms)), id };
  ctx.addIssue({ code: 'custom', message: 'is not a cursor of this list' });
  return z.NEVER;
});
