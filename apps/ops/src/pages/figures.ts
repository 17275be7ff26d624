import { html, type Html } from './html.js';

const UNITS: [seconds: number, name: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
];

/** Returns a duration in its largest unit, or `< 1 s`. */
export function duration(seconds: number): string {
  for (const [size, name] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)} ${name}`;
  return seconds > 0 && seconds < 1 ? '< 1 s' : `${Math.floor(seconds)} s`;
}

export const number = (value: number): string => value.toLocaleString('en');

/** Renders a time in UTC, with its age. */
export function moment(at: Date | string): Html {
  const date = new Date(at);
  const iso = date.toISOString();
  const ago = Math.max(0, (Date.now() - date.getTime()) / 1000);
  return html`<time datetime="${iso}" title="${iso}"
    >${iso.slice(0, 19).replace('T', ' ')} <small>${duration(ago)} ago</small></time
  >`;
}
