import { z } from 'zod';

const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LINES = /(?![\t\n\r])\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;
const VISIBLE = /[^\p{Z}\p{C}]/u;

/** The most code units that other spellings of one NFC code point take: four code points of two units each. */
const MAX_UNITS_PER_POINT = 8;
/** The most combining marks that NFC merges into the letter before them. */
const MAX_MERGED_MARKS = 3;
const RUN_OF_MARKS = /\p{M}{4,}/gu;

const HIGHEST_CLASS = '\u0345';
const knownMarks = new Map<string, boolean>();

/** True for a mark that normalization moves among the marks beside it (canonical combining class above 0). */
function isMoved(mark: string): boolean {
  let moved = knownMarks.get(mark);
  if (moved === undefined) {
    moved = (HIGHEST_CLASS + mark).normalize('NFD').endsWith(HIGHEST_CLASS);
    knownMarks.set(mark, moved);
  }
  return moved;
}

/**
 * True when a text must exceed `maxCodePoints` in NFC, found in linear time. Normalization sorts a run of marks in
 * quadratic time, so it may only see texts that pass here.
 */
function isSurelyLonger(value: string, maxCodePoints: number): boolean {
  if (value.length <= maxCodePoints) return false;
  if (value.length > maxCodePoints * MAX_UNITS_PER_POINT) return true;
  let unmerged = 0;
  for (const [run] of value.matchAll(RUN_OF_MARKS)) {
    let inRow = 0;
    for (const mark of run) {
      inRow = isMoved(mark) ? inRow + 1 : 0;
      if (inRow > MAX_MERGED_MARKS && ++unmerged > maxCodePoints) return true;
    }
  }
  return false;
}

/** True when a text exceeds so many code points. UTF-16 units are never fewer, so only a long text is worth counting. */
export const isLonger = (value: string, maxCodePoints: number): boolean =>
  value.length > maxCodePoints && (value.length > 2 * maxCodePoints || [...value].length > maxCodePoints);

export const tooLong = (maxCodePoints: number): string => `must have at most ${maxCodePoints} characters`;

/** NFC of a text that has at most `maxCodePoints` in it, otherwise undefined. Costs little however long the text is. */
export function boundedNfc(value: string, maxCodePoints: number): string | undefined {
  if (isSurelyLonger(value, maxCodePoints)) return undefined;
  const normalized = value.normalize('NFC');
  return isLonger(normalized, maxCodePoints) ? undefined : normalized;
}

/** The start of a text, never half a surrogate pair. */
export const startOf = (value: string, maxUnits: number): string =>
  value.slice(0, maxUnits).replace(/[\ud800-\udbff]$/, '');

/** True when a text has a character that people can see. */
export const isVisible = (value: string): boolean => VISIBLE.test(value);

/** Reports why a text in NFC may not be stored; undefined when it may. */
function faultOf(value: string, maxCodePoints: number, lines: boolean): string | undefined {
  if (LONE_SURROGATE.test(value)) return 'must not hold a lone surrogate';
  if ((lines ? CONTROL_BUT_LINES : CONTROL).test(value)) return 'must not hold control characters';
  if (!VISIBLE.test(value)) return value === '' ? 'must not be empty' : 'must hold a visible character';
  return isLonger(value, maxCodePoints) ? tooLong(maxCodePoints) : undefined;
}

/** Reads a text by the rules of `line` and `text`: the text as it is stored, or what is wrong with it. */
export function readText(value: string, maxCodePoints: number, lines: boolean): { text: string; fault?: string } {
  if (isSurelyLonger(value, maxCodePoints)) return { text: value, fault: tooLong(maxCodePoints) };
  const text = value.normalize('NFC');
  return { text, fault: faultOf(text, maxCodePoints, lines) };
}

function ruled(maxCodePoints: number, lines: boolean) {
  return z
    .string()
    .check((ctx) => {
      const { text, fault } = readText(ctx.value, maxCodePoints, lines);
      ctx.value = text;
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
