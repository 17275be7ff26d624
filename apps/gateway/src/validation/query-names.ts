import { type Field, type Issue } from '@herald/contracts';

/** Matches `name[]` and `name[0]`, as axios, PHP and jQuery name the items of a list, and other uses of brackets. */
const BRACKETED = /^([^[]+)\[(.*)$/s;
const ITEM = /^\d{0,9}\]$/;

/**
 * Sorts a query string by the names of its fields. The items of a list may be named with brackets; in the name of any
 * other field brackets are an error. Unknown names are ignored.
 */
export function matchFields(
  fields: readonly Field[],
  given: object,
): { query: Record<string, unknown>; issues: Issue[] } {
  const query: Record<string, unknown> = { ...given };
  const issues: Issue[] = [];
  for (const [key, value] of Object.entries(query)) {
    const [, name = '', rest = ''] = BRACKETED.exec(key) ?? [];
    const field = fields.find((each) => each.name === name);
    if (!field) continue;
    if (field.list && ITEM.test(rest)) query[name] = [query[name] ?? [], value].flat();
    else issues.push({ path: [key.slice(0, 100)], message: `is not known; it is called ${name}` });
  }
  return { query, issues };
}
