import type { Credential } from '@herald/database';
import { table } from '../table.js';

const time = (at: Date | null) => at?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '';
const limit = (figure: number | null) => (figure === null ? 'default' : figure === 0 ? 'none' : String(figure));

function stateOf({ state, previousExpiresAt }: Credential): string {
  return state === 'rotating' ? `rotating until ${time(previousExpiresAt)}` : state;
}

/** Keys for people to look at. */
export const keyTable = (keys: Credential[]) =>
  table(
    ['id', 'company', 'name', 'state', 'scopes', 'authors', 'per minute', 'per hour', 'expires', 'last used'],
    keys.map((key) => [
      key.id,
      key.companyId,
      key.name,
      stateOf(key),
      key.scopes.join(' '),
      key.authorLogins?.join(' ') ?? 'any',
      limit(key.limitPerMinute),
      limit(key.limitPerHour),
      time(key.expiresAt) || 'never',
      time(key.lastUsedAt) || 'never',
    ]),
  );
