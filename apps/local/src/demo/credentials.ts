import type { Scope } from '@herald/database';

export interface DemoCredential {
  /** The name in demo.json. */
  key: string;
  scopes: Scope[];
  unlimited?: boolean;
  authorLogins?: string[];
  ended?: 'expired' | 'revoked';
}

const ALL: Scope[] = ['delivery:send', 'messages:read', 'agent-actions:read', 'agent-actions:write'];
const ACTIONS: Scope[] = ['agent-actions:read', 'agent-actions:write', 'messages:read'];

/** The credentials of each company (contracts README, "Demo data"). */
export const CREDENTIALS: DemoCredential[] = [
  { key: 'apiKey', scopes: ACTIONS },
  { key: 'accessToken', scopes: ['delivery:send', 'messages:read'] },
  { key: 'unlimitedApiKey', scopes: ALL, unlimited: true },
  { key: 'unlimitedAccessToken', scopes: ALL, unlimited: true },
  { key: 'readOnlyApiKey', scopes: ['agent-actions:read'] },
  { key: 'authorLimitedToken', scopes: ['delivery:send', 'messages:read'], authorLogins: ['admin'] },
  { key: 'expiredApiKey', scopes: ACTIONS, ended: 'expired' },
  { key: 'revokedApiKey', scopes: ACTIONS, ended: 'revoked' },
];
