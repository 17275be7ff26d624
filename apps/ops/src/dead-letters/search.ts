import { isUuid } from '@herald/contracts';
import type { DeadLetterFilter } from '@herald/database';
import type { OpsUser } from '../auth/ops-users.js';
import { readsContent } from '../personal.js';

/** What a person looks for, as typed; nothing is an empty text. */
export const FIELDS = ['correlationId', 'company', 'queue', 'error'] as const;
export type Search = Record<(typeof FIELDS)[number], string>;

export interface Sought {
  search: Search;
  filter: DeadLetterFilter;
  /** What of it nothing can be found by. */
  faults: string[];
}

/** Without the blanks that come with copying, and without NUL, which Postgres does not know. */
const textOf = (given: string | null): string => (given ?? '').replaceAll('\0', '').trim();

/** What a query string or a form asks for, as far as this user may. */
export function readSearch(user: OpsUser, given: URLSearchParams): Sought {
  const search = Object.fromEntries(FIELDS.map((field) => [field, textOf(given.get(field))])) as Search;
  const faults: string[] = [];
  // What an error quotes could be guessed letter by letter.
  if (search.error && !readsContent(user)) {
    faults.push('Only admins may search by error');
    search.error = '';
  }
  const id = (text: string, name: string) => {
    if (!text) return undefined;
    const lower = text.toLowerCase();
    if (isUuid(lower)) return lower;
    faults.push(`"${text}" is no ${name}: it must be a UUID`);
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

/** The search as a query string, without what is empty. */
export function queryOf(search: Search, more: Record<string, string> = {}): string {
  const filled = Object.entries({ ...search, ...more }).filter(([, value]) => value !== '');
  return new URLSearchParams(filled).toString();
}
