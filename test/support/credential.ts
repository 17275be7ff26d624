import { randomBytes } from 'node:crypto';
import { insertCredential, type NewCredential, tokenOf } from '@herald/database';
import type { Herald } from './herald.js';

/** A credential of the first company that may do everything; a test names only what matters to it. */
export async function aCredential(
  herald: Herald,
  given: Partial<NewCredential> = {},
): Promise<{ id: string; token: string }> {
  const parts = { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('hex') };
  const scopes = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'] as const;
  await insertCredential(herald, parts, { companyId: herald.company.id, name: 'test', scopes, ...given });
  return { id: parts.id, token: tokenOf(parts, 'test') };
}
