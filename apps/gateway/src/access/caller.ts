import { forbidden } from '@herald/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { v5 } from 'uuid';

/** A program with an API key or access token of a company. */
export interface CredentialCaller {
  kind: 'credential';
  credentialId: string;
  companyId: string;
  scopes: readonly string[];
  /** Logins that it may write as; null for any. */
  authorLogins: string[] | null;
  /** Requests per minute and per hour; null for the default, 0 for no limit. */
  limitPerMinute: number | null;
  limitPerHour: number | null;
  /** Hash of the secret, for what outlasts the request. */
  hash: Buffer;
}

/** A person of a company, with a user JWT. */
export interface PersonCaller {
  kind: 'person';
  issuer: string;
  companyId: string;
  login: string;
  /** Those of the JWT that a JWT may carry. */
  scopes: readonly string[];
  /** End of the JWT, in epoch milliseconds. */
  expiresAt: number;
}

/** A merchant, with a merchant JWT. */
export interface MerchantCaller {
  kind: 'merchant';
  issuer: string;
  merchantId: number;
  /** End of the JWT, in epoch milliseconds. */
  expiresAt: number;
}

export type CompanyCaller = CredentialCaller | PersonCaller;
export type Caller = CompanyCaller | MerchantCaller;

/** The refusal of a caller without a scope. */
export const lacksScope = (scope: string) => forbidden(`This credential lacks the scope ${scope}`);

/** Herald's namespace for ids derived from names. */
const HERALD = '6f0f1a52-9d0c-5a6e-8c1e-1f1f0b0d7e11';

/** Returns the UUID namespace of a caller; no two callers share one. */
export function namespaceOf(caller: Caller): string {
  if (caller.kind === 'credential') return v5(`credential ${caller.credentialId}`, HERALD);
  const subject = caller.kind === 'person' ? `${caller.companyId} ${caller.login}` : String(caller.merchantId);
  return v5(`${caller.kind} ${caller.issuer} ${subject}`, HERALD);
}

/** The caller that the access gate authenticated, of the kind that the route's access decorator names. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return context.switchToHttp().getRequest<{ caller: Caller }>().caller;
});
