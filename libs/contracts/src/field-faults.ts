import type { Issue } from './dto.js';
import type { FieldError } from './error-envelope.js';
import { startOf } from './text.js';

/** The most faults that are listed for one value. */
const MAX_LISTED = 50;
/** A name that is not a field may be as long as the body: clients get enough of it to know it. */
const MAX_NAME = 100;

const nameOf = (path: readonly (string | number)[]) => path.map((step) => startOf(String(step), MAX_NAME)).join('.');

/** One entry for each wrong field, at most `most`; `whole` names the value itself. */
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
