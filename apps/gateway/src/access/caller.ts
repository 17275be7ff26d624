import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

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
}

/** A person of a company, with a user JWT. */
export interface PersonCaller {
  kind: 'person';
  issuer: string;
  companyId: string;
  login: string;
}

/** A merchant, with a merchant JWT. */
export interface MerchantCaller {
  kind: 'merchant';
  issuer: string;
  merchantId: number;
}

export type Caller = CredentialCaller | PersonCaller | MerchantCaller;

/** The caller that the access gate authenticated, of the kind that the route's access decorator names. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return context.switchToHttp().getRequest<{ caller: Caller }>().caller;
});
