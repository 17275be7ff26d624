import type { Issue } from './dto.js';
import type { FieldError } from './error-envelope.js';
import { startOf } from './text.js';

/** Maximum number of faults listed for one value. */
const MAX_LISTED = 50;
/** Maximum length of a listed name: an unknown name may be as long as the body, and its start identifies it. */
const MAX_NAME = 100;

const nameOf = (path: readonly (string | number)[]) => path.map((step) => startOf(String(step), MAX_NAME)).join('.');

/** Returns one entry for each wrong field, at most `most`; `whole` names the value itself. */
export function fieldErrors(issues: readonly Issue[], whole: string, most = MAX_LISTED): FieldError[] {
  const errors: FieldError[] = [];
  for (const { path = [], message, keys } of issues) {
    if (errors.length >= most) break;
    if (!keys) errors.push({ field: nameOf(path) || whole, message });
    else
      for (const key of keys.slice(0, most - errors.length))
        errors.push({ field: nameOf([...path, key]), message: 'is not a known field' });
  }
  return errors;
}

/** Returns the number of wrong fields, listed or not. */
export const countFaults = (issues: readonly Issue[]): number =>
  issues.reduce((sum, { keys }) => sum + (keys?.length ?? 1), 0);

/** Returns the first fault in words, with the number of further faults and of listed ones. */
export function summaryOf(issues: readonly Issue[], listed: readonly FieldError[]): string {
  const [{ field, message }] = listed as [FieldError];
  const count = countFaults(issues);
  if (count === 1) return `${field} ${message}`;
  const left = count > listed.length ? `; ${listed.length === 1 ? 'the first is' : `${listed.length} are`} listed` : '';
  return `${field} ${message} (and ${count - 1} more${left})`;
}
