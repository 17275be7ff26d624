import type { Credential } from '@herald/database';
import { NO_BREAK, table } from '../table.js';

/** Formats a time to the minute, in UTC, because the table has many times. */
const minute = (at: Date | null) => at?.toISOString().slice(0, 16).replace('T', ' ');
const second = (at: Date | null) => at?.toISOString().replace(/\.\d+Z$/, 'Z');
const limit = (figure: number | null) => (figure === null ? 'default' : figure === 0 ? 'none' : String(figure));

function stateOf({ state, previousExpiresAt }: Credential): string {
  return state === 'rotating' ? `rotating${NO_BREAK}until ${minute(previousExpiresAt)}` : state;
}

/** Returns the keys as text, with one table per company. */
export function keyTable(keys: Credential[]): string {
  const companies = [...new Set(keys.map(({ companyId }) => companyId))];
  if (companies.length === 0) return tableOf([]);
  return companies
    .map((id) => `company ${id}\n${tableOf(keys.filter(({ companyId }) => companyId === id))}`)
    .join('\n\n');
}

const tableOf = (keys: Credential[]) =>
  table(
    ['id', 'name', 'state', 'scopes', 'authors', 'per minute', 'per hour', 'expires', 'last used'],
    keys.map((key) => [
      key.id,
      key.name,
      stateOf(key),
      key.scopes.join(' '),
      key.authorLogins?.join(' ') ?? 'any',
      limit(key.limitPerMinute),
      limit(key.limitPerHour),
      minute(key.expiresAt) ?? 'never',
      second(key.lastUsedAt) ?? 'never',
    ]),
    ['name', 'authors'],
  );
