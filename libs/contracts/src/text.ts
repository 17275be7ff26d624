const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LINES = /(?![\t\n\r])\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;
const VISIBLE = /[^\p{Z}\p{C}]/u;

/** Maximum number of code units of one NFC code point in other spellings: four code points of two units each. */
const MAX_UNITS_PER_POINT = 8;
/** Maximum number of combining marks that NFC merges into the letter before them. */
const MAX_MERGED_MARKS = 3;
const RUN_OF_MARKS = /\p{M}{4,}/gu;

const HIGHEST_CLASS = '\u0345';
const knownMarks = new Map<string, boolean>();

/** Returns true for a mark that normalization reorders among its neighbours (canonical combining class above 0). */
function isMoved(mark: string): boolean {
  let moved = knownMarks.get(mark);
  if (moved === undefined) {
    moved = (HIGHEST_CLASS + mark).normalize('NFD').endsWith(HIGHEST_CLASS);
    knownMarks.set(mark, moved);
  }
  return moved;
}

/**
 * Returns true when a text certainly exceeds `maxCodePoints` in NFC; it takes linear time. Normalization sorts a run of
 * marks in quadratic time, so it must only be given texts that pass this check.
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

/** Returns true when a text exceeds `maxCodePoints`. It counts them only when UTF-16 units leave the result open. */
export const isLonger = (value: string, maxCodePoints: number): boolean =>
  value.length > maxCodePoints && (value.length > 2 * maxCodePoints || [...value].length > maxCodePoints);

export const tooLong = (maxCodePoints: number): string => `must have at most ${maxCodePoints} characters`;

/** Returns the NFC of a text, or undefined if that exceeds `maxCodePoints`. It is cheap even for long texts. */
export function boundedNfc(value: string, maxCodePoints: number): string | undefined {
  if (isSurelyLonger(value, maxCodePoints)) return undefined;
  const normalized = value.normalize('NFC');
  return isLonger(normalized, maxCodePoints) ? undefined : normalized;
}

/** Returns the start of a text, without splitting a surrogate pair. */
export const startOf = (value: string, maxUnits: number): string =>
  value.slice(0, maxUnits).replace(/[\ud800-\udbff]$/, '');

/** Returns true when a text has a visible character. */
export const isVisible = (value: string): boolean => VISIBLE.test(value);

/** Returns a text as it is stored: in NFC, unless it is certainly too long. */
export const storedText = (value: string, maxCodePoints: number): string =>
  isSurelyLonger(value, maxCodePoints) ? value : value.normalize('NFC');

/**
 * Returns the fault of a text in NFC. It must have 1 to `maxCodePoints` code points, at least one visible character,
 * and no control characters; with `lines`, tabs and line breaks are allowed (contracts README, "Text").
 */
export function faultOfText(value: string, maxCodePoints: number, lines: boolean): string | undefined {
  if (isSurelyLonger(value, maxCodePoints)) return tooLong(maxCodePoints);
  if (LONE_SURROGATE.test(value)) return 'must not hold a lone surrogate';
  if ((lines ? CONTROL_BUT_LINES : CONTROL).test(value)) return 'must not hold control characters';
  if (!VISIBLE.test(value)) return value === '' ? 'must not be empty' : 'must hold a visible character';
  return isLonger(value, maxCodePoints) ? tooLong(maxCodePoints) : undefined;
}

/** Returns a text as it is stored, and its fault. */
export function readText(value: string, maxCodePoints: number, lines: boolean): { text: string; fault?: string } {
  const text = storedText(value, maxCodePoints);
  return { text, fault: faultOfText(text, maxCodePoints, lines) };
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Returns true for any UUID, in either case; it is stored in lower case (contracts README, "Ids"). */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
