import { z } from 'zod';

const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LINES = /(?![\t\n\r])\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;
const VISIBLE = /[^\p{Z}\p{C}]/u;

/** What the text rules find wrong with a string that is in NFC already; undefined when it may be stored. */
function faultOf(value: string, maxCodePoints: number, lines: boolean): string | undefined {
  if (LONE_SURROGATE.test(value)) return 'must not hold a lone surrogate';
  if ((lines ? CONTROL_BUT_LINES : CONTROL).test(value)) return 'must not hold control characters';
  if (!VISIBLE.test(value)) return value === '' ? 'must not be empty' : 'must hold a visible character';
  // UTF-16 units are never fewer than code points, so only a long string is worth counting.
  if (value.length > maxCodePoints && [...value].length > maxCodePoints) {
    return `must have at most ${maxCodePoints} characters`;
  }
  return undefined;
}

function ruled(maxCodePoints: number, lines: boolean) {
  return z
    .string()
    .normalize('NFC')
    .check((ctx) => {
      const fault = faultOf(ctx.value, maxCodePoints, lines);
      if (fault) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value });
    })
    .meta({ minLength: 1, maxLength: maxCodePoints });
}

/**
 * A title or a login: 1 to `maxCodePoints` code points after NFC, no control characters, at least one visible
 * character (contracts README, "Text").
 */
export const line = (maxCodePoints: number) => ruled(maxCodePoints, false);

/** A body: as `line`, with tabs and line breaks allowed. */
export const text = (maxCodePoints: number) => ruled(maxCodePoints, true);

/** Any UUID, in either case; stored lower. */
export const uuid = () => z.guid('must be a UUID').toLowerCase();
