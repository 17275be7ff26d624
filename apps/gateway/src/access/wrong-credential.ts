import { check, type Refusal, unauthorized } from '@herald/contracts';
import { decodeJwt } from 'jose';
import { type Access, kindsOf } from './access.decorators.js';
import { CredentialStore } from './credential.store.js';
import type { JwtSettings } from './jwt.settings.js';
import { audienceOf, CLAIMS } from './jwt.strategy.js';

const TOKENS = { credential: 'an API key or access token', person: "a person's JWT", merchant: "a merchant's JWT" };

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
  const kinds = kindsOf(access);
  const required = `This route takes ${kinds.map((kind) => TOKENS[kind]).join(', or ')}`;
  if (CredentialStore.isCredential(token)) return unauthorized(access.kind === 'credential' ? undefined : required);
  const claims = claimsOf(token);
  const audience = audienceOf(claims, settings);
  if (!audience) return unauthorized();
  if (!kinds.includes(audience)) return unauthorized(required);
  const claim = String(check<object>(CLAIMS[audience], claims).issues?.[0]?.path?.[0]);
  return unauthorized(MUST_BE[claim] && `${required}, whose ${claim} must be ${MUST_BE[claim]}`);
}

function claimsOf(token: string): unknown {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
