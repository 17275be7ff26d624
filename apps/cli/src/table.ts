const MAX_LENGTH = 100;

/** What is stored may be anything: no line break or escape sequence of it reaches the terminal. */
export function printable(text: string): string {
  const line = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}

/** Columns side by side, each as wide as it has to be. */
export function table(header: string[], rows: string[][]): string {
  if (rows.length === 0) return 'There are none.';
  const lines = [header, ...rows.map((row) => row.map(printable))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
