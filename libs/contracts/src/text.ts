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

/** A text as it is stored: in NFC, unless it is surely too long for that. */
export const storedText = (value: string, maxCodePoints: number): string =>
  isSurelyLonger(value, maxCodePoints) ? value : value.normalize('NFC');

/**
 * Reports why a stored text may not stay: 1 to `maxCodePoints` code points, no control characters but tabs and line
 * breaks where it may have `lines`, at least one visible character (contracts README, "Text").
 */
export function faultOfText(value: string, maxCodePoints: number, lines: boolean): string | undefined {
  if (isSurelyLonger(value, maxCodePoints)) return tooLong(maxCodePoints);
  if (LONE_SURROGATE.test(value)) return 'must not hold a lone surrogate';
  if ((lines ? CONTROL_BUT_LINES : CONTROL).test(value)) return 'must not hold control characters';
  if (!VISIBLE.test(value)) return value === '' ? 'must not be empty' : 'must hold a visible character';
  return isLonger(value, maxCodePoints) ? tooLong(maxCodePoints) : undefined;
}

/** Reads a text: as it is stored, and what is wrong with it. */
export function readText(value: string, maxCodePoints: number, lines: boolean): { text: string; fault?: string } {
  const text = storedText(value, maxCodePoints);
  return { text, fault: faultOfText(text, maxCodePoints, lines) };
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** True for any UUID, in either case; stored lower (contracts README, "Ids"). */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
