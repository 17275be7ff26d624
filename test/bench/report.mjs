/** Reports the rounds as a table of medians with ratios, and as targets, reached or missed. */
import { median } from './stats.mjs';

/** Rounds further apart than this are shown with their range. */
const WIDE = 0.1;

export class Report {
  #values = new Map();

  /** `figures`: `[{ key, title, digits, compared? }]`; `systems`: names, the first of which is compared with the others. */
  constructor(figures, systems) {
    this.figures = figures;
    this.systems = systems;
  }

  add(system, values) {
    for (const [key, value] of Object.entries(values)) {
      const name = `${system} ${key}`;
      this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
    }
  }

  median(system, key) {
    const values = this.#values.get(`${system} ${key}`);
    return values && median(values);
  }

  ratio(key, other) {
    const [mine, theirs] = [this.median(this.systems[0], key), this.median(other, key)];
    return mine === undefined || theirs === undefined ? undefined : mine / theirs;
  }

  table() {
    const [own, ...others] = this.systems;
    const header = ['', own, ...others, ...others.map((other) => `${own} / ${other}`)];
    const rows = this.figures.map(({ key, title, digits, compared = true }) => [
      title,
      ...this.systems.map((system) => this.#cell(system, key, digits)),
      ...others.map((other) => (compared && this.ratio(key, other)?.toFixed(2)) || ''),
    ]);
    return markdown(header, rows);
  }

  /** `targets`: `[{ says, value, reached }]`. */
  static targets(targets) {
    const rows = targets.map(({ says, value, reached }) => [
      says,
      value === undefined ? '' : value.toFixed(2),
      value === undefined ? 'not measured' : reached(value) ? 'reached' : 'NOT REACHED',
    ]);
    return markdown(['target', 'measured', ''], rows);
  }

  #cell(system, key, digits) {
    const values = this.#values.get(`${system} ${key}`);
    if (!values) return '';
    const show = (value) =>
      value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const [middle, low, high] = [median(values), Math.min(...values), Math.max(...values)];
    return high - low > WIDE * middle ? `${show(middle)} (${show(low)}–${show(high)})` : show(middle);
  }
}

/** The first column to the left, figures to the right, padded so that it reads well in a terminal too. */
export function markdown(header, rows) {
  const widths = header.map((_, n) => Math.max(3, ...[header, ...rows].map((row) => row[n].length)));
  const pad = (cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]));
  const line = (row) => `| ${row.map(pad).join(' | ')} |`;
  const rule = widths.map((width, n) => (n === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}
