import { isUuid } from '@herald/contracts';
import type { DeadLetterFilter } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { readsContent } from '../visibility.js';

/** The search fields as typed; an unused field is an empty text. */
export const FIELDS = ['correlationId', 'company', 'queue', 'error'] as const;
export type Search = Record<(typeof FIELDS)[number], string>;

export interface ParsedSearch {
  search: Search;
  filter: DeadLetterFilter;
  /** Why parts of the search cannot be used. */
  faults: string[];
}

/** Removes blanks that come with copying, and NUL, which Postgres does not accept. */
const textOf = (given: string | null): string => (given ?? '').replaceAll('\0', '').trim();

/** Parses the search of a query string or a form, within what this user may search by. */
export function readSearch(user: OpsUser, given: URLSearchParams): ParsedSearch {
  const search = Object.fromEntries(FIELDS.map((field) => [field, textOf(given.get(field))])) as Search;
  const faults: string[] = [];
  // A search by error would let a viewer guess quoted content letter by letter.
  if (search.error && !readsContent(user)) {
    faults.push('Only admins may search by error');
    search.error = '';
  }
  const id = (text: string, name: string) => {
    if (!text) return undefined;
    const lower = text.toLowerCase();
    if (isUuid(lower)) return lower;
    faults.push(`"${text}" is not a ${name}: it must be a UUID`);
    return undefined;
  };
  const filter = {
    correlationId: id(search.correlationId, 'correlationId'),
    companyId: id(search.company, 'company'),
    queue: search.queue || undefined,
    error: search.error || undefined,
  };
  return { search, filter, faults };
}

/** Returns the search as a query string, without empty fields. */
export function queryOf(search: Search, more: Record<string, string> = {}): string {
  const filled = Object.entries({ ...search, ...more }).filter(([, value]) => value !== '');
  return new URLSearchParams(filled).toString();
}
