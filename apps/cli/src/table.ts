const MAX_LENGTH = 100;
const MAX_WIDTH = 120;
const GAP = '  ';
/** Keeps two words of a cell on one line. */
export const NO_BREAK = '\u00a0';

/** Removes line breaks and escape sequences, so that stored text cannot control the terminal. */
export function printable(text: string, maxLength = MAX_LENGTH): string {
  const line = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}

/**
 * Returns a table of at most 120 characters in width. If it needs more, the widest cells are wrapped between words.
 * Only columns in `breakable` may also break within words, so that ids and times stay whole.
 */
export function table(header: string[], rows: string[][], breakable: string[] = [], maxLength = MAX_LENGTH): string {
  if (rows.length === 0) return 'There are none.';
  const lines = [header, ...rows.map((row) => row.map((cell) => printable(cell, maxLength)))];
  const widths = widthsOf(
    lines,
    header.map((name) => breakable.includes(name)),
  );
  return lines
    .flatMap((line) => {
      const cells = line.map((cell, column) => wrapped(cell, widths[column]!));
      const height = Math.max(...cells.map((parts) => parts.length));
      return Array.from({ length: height }, (_, row) =>
        cells
          .map((parts, column) => (parts[row] ?? '').padEnd(widths[column]!))
          .join(GAP)
          .trimEnd()
          .replaceAll(NO_BREAK, ' '),
      );
    })
    .join('\n');
}

/** Narrows the widest shrinkable column until the table fits. */
function widthsOf(lines: string[][], breakable: boolean[]): number[] {
  const columns = lines[0]!.map((_, column) => lines.map((line) => line[column]!));
  const widths = columns.map((cells) => Math.max(...cells.map(({ length }) => length)));
  const words = columns.map((cells) =>
    Math.max(...cells.flatMap((cell) => cell.split(' ').map(({ length }) => length))),
  );
  const room = MAX_WIDTH - GAP.length * (widths.length - 1);
  for (const least of [words, words.map((word, column) => (breakable[column] ? 1 : word)), words.map(() => 1)]) {
    while (sum(widths) > room) {
      const shrinkable = widths.map((width, column) => (width > least[column]! ? width : 0));
      const widest = Math.max(...shrinkable);
      if (widest === 0) break;
      widths[shrinkable.indexOf(widest)]!--;
    }
  }
  return widths;
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** Wraps a cell between words, and within a word that is longer than a line. */
function wrapped(cell: string, width: number): string[] {
  const lines = [''];
  for (const word of cell.split(' ').flatMap((each) => each.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [''])) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
