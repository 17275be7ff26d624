import type { FieldError } from './error-envelope.js';
import { startOf } from './text.js';

/** A fault as a schema reports it. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly code?: string;
  /** Names that are no fields, all in one issue. */
  readonly keys?: readonly string[];
}

/** The most faults that are listed for one value. */
const MAX_LISTED = 50;
/** A name that is not a field may be as long as the body: clients get enough of it to know it. */
const MAX_NAME = 100;

const nameOf = (path: readonly unknown[]) =>
  path
    .map((segment) => String(typeof segment === 'object' && segment && 'key' in segment ? segment.key : segment))
    .map((segment) => startOf(segment, MAX_NAME))
    .join('.');

/** Zod says "Invalid input: expected string, received undefined" of a field that is missing. */
function readable(message: string): string {
  const [, options] = /^Invalid option: expected one of (.+)$/.exec(message) ?? [];
  if (options) return `must be one of ${options.replaceAll('"', '').replaceAll('|', ', ')}`;
  const [, only] = /^Invalid input: expected ([^,]+)$/.exec(message) ?? [];
  if (only) return `must be ${only}`;
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (!expected) return message;
  return received === 'undefined' ? 'is required' : `must be ${/^[aeio]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

/** One entry for each wrong field, at most `most`; `whole` names the value itself. */
export function fieldErrors(issues: readonly Issue[], whole: string, most = MAX_LISTED): FieldError[] {
  const errors: FieldError[] = [];
  for (const { path = [], message, keys } of issues) {
    if (errors.length >= most) break;
    if (!keys) errors.push({ field: nameOf(path) || whole, message: readable(message) });
    else
      for (const key of keys.slice(0, most - errors.length))
        errors.push({ field: nameOf([...path, key]), message: 'is not a known field' });
  }
  return errors;
}

/** How many fields are wrong, listed or not. */
export const countFaults = (issues: readonly Issue[]): number =>
  issues.reduce((sum, { keys }) => sum + (keys?.length ?? 1), 0);

/** The first fault in words, and how many there are beside it and the listed ones. */
export function summaryOf(issues: readonly Issue[], listed: readonly FieldError[]): string {
  const [{ field, message }] = listed as [FieldError];
  const count = countFaults(issues);
  if (count === 1) return `${field} ${message}`;
  const left = count > listed.length ? `; ${listed.length === 1 ? 'the first is' : `${listed.length} are`} listed` : '';
  return `${field} ${message} (and ${count - 1} more${left})`;
}
