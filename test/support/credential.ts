import { freshToken, insertCredential, type NewCredential, tokenOf } from '@herald/database';
import type { Herald } from './herald.js';

/** A credential of the first company that may do everything; a test names only what matters to it. */
export async function aCredential(
  herald: Herald,
  given: Partial<NewCredential> = {},
): Promise<{ id: string; token: string }> {
  const parts = freshToken();
  const scopes = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'] as const;
  const credential = { companyId: herald.company.id, name: 'test', environment: 'test', scopes, ...given };
  await insertCredential(herald.database, parts, credential);
  return { id: parts.id, token: tokenOf(parts, credential.environment) };
}
