const MAX_LENGTH = 100;

/** What stands in a dead letter may be anything: no line break or escape sequence of it reaches the terminal. */
export function printable(text: string): string {
  const line = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}
