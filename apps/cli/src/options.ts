import { isUuid, readMoment, readText } from '@herald/contracts';
import { Failure } from '@herald/operator';
import { z } from 'zod';

/** @throws Failure naming every option that is wrong */
export function readOptions<T extends z.ZodType>(schema: T, options: unknown): z.output<T> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${optionName(String(path[0]))}: ${message}`);
  throw new Failure(`Wrong options:\n${faults.join('\n')}`);
}

/** A line of text under the rules of `IsLine` in the contracts. */
export const line = (maxCodePoints: number) =>
  z.string().transform((given, ctx) => {
    const { text, fault } = readText(given, maxCodePoints, false);
    if (fault) ctx.addIssue({ code: 'custom', message: fault });
    return text;
  });

/** Any UUID, in either case. */
export const uuid = () => z.string().refine(isUuid, 'must be a UUID').toLowerCase();

/** Returns the name as typed on the command line: `limitPerHour` is `limit-per-hour`. */
const optionName = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Converts `30s`, `15m`, `24h`, `90d` or `0` to milliseconds. */
const millisecondsOf = (text: string): number | undefined => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (text === '0') return 0;
  return count && unit ? Number(count) * (UNIT_MS[unit] as number) : undefined;
};

/** A duration of at most `maxDays`, in milliseconds. */
export const duration = (maxDays: number) =>
  z.string().transform((text, ctx) => {
    const ms = millisecondsOf(text);
    if (ms !== undefined && ms <= maxDays * (UNIT_MS['d'] as number)) return ms;
    ctx.addIssue({ code: 'custom', message: `must be a time of at most ${maxDays} days, as 30s, 15m, 24h or 7d` });
    return z.NEVER;
  });

/** A time in the future, given as a duration from now or a date; null for `never`. */
export const moment = z.string().transform((text, ctx): Date | null => {
  if (text === 'never') return null;
  const ms = millisecondsOf(text);
  const at = ms === undefined ? readMoment(text)?.floor : new Date(Date.now() + ms);
  if (at && at.getTime() > Date.now()) return at;
  const message = at ? 'must be in the future' : 'must be a time from now (90d), a date (2027-01-31) or never';
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
});
