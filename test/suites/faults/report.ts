/** One thing that was to be proved. */
export interface Check {
  name: string;
  /** Empty when the check passed. */
  faults: string[];
  /** It could not be tried on this machine, and why. */
  skipped?: string;
}

const startedAt = performance.now();

/** A line of progress, with the seconds since the start. */
export const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
};

/** Columns as wide as what stands in them; numbers to the right. */
export function table(head: string[], rows: (string | number)[][]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => String(row[at]).length)));
  const line = (row: (string | number)[]) =>
    row
      .map((cell, at) => {
        const width = widths[at] as number;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Prints what a part has to show, and notes its checks for the sum at the end. */
export class Report {
  private readonly checks: Check[] = [];

  add(title: string, text: string, checks: Check[]): void {
    this.checks.push(...checks);
    console.log(`\n## ${title}\n\n${text}`);
    for (const { name, faults } of checks) {
      if (faults.length > 0) console.log(`\nFAILED  ${name}\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    }
  }

  /** The last line, and whether all is well. */
  sum(): boolean {
    const skipped = this.checks.filter((check) => check.skipped);
    for (const check of skipped) console.log(`skipped  ${check.name}: ${check.skipped}`);
    const failed = this.checks.filter(({ faults }) => faults.length > 0).length;
    const passed = this.checks.length - failed - skipped.length;
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0;
  }
}
