import { check, type Refusal, unauthorized } from '@herald/contracts';
import { decodeJwt } from 'jose';
import type { Access } from './access.decorators.js';
import { CredentialStore } from './credential.store.js';
import type { JwtSettings } from './jwt.settings.js';
import { audienceOf, CLAIMS } from './jwt.strategy.js';

const REQUIRED = {
  credential: 'This route takes an API key or access token',
  person: "This route takes a person's JWT",
  merchant: "This route takes a merchant's JWT",
};

const MUST_BE: Record<string, string> = {
  sub: 'a login',
  company_id: 'a UUID',
  merchant_id: 'a whole number above 0',
};

/**
 * Returns the 401 of a route for a token of another kind, or with a wrong claim. Only the token's own content is used,
 * so that the message is the same whether or not such a credential exists.
 */
export function wrongCredential(token: string | undefined, access: Access, settings: JwtSettings): Refusal {
  if (!token) return unauthorized();
  if (CredentialStore.isCredential(token))
    return unauthorized(access.kind === 'credential' ? undefined : REQUIRED[access.kind]);
  const claims = claimsOf(token);
  const audience = audienceOf(claims, settings);
  if (!audience) return unauthorized();
  if (audience !== access.kind) return unauthorized(REQUIRED[access.kind]);
  const claim = String(check<object>(CLAIMS[audience], claims).issues?.[0]?.path?.[0]);
  return unauthorized(MUST_BE[claim] && `${REQUIRED[audience]}, whose ${claim} must be ${MUST_BE[claim]}`);
}

function claimsOf(token: string): unknown {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
