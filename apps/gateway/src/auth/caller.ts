import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** A program with an API key or access token of a company. */
export interface CredentialCaller {
  kind: 'credential';
  credentialId: string;
  companyId: string;
  scopes: readonly string[];
  /** Logins it may write as; null: any. */
  authorLogins: string[] | null;
  /** Requests a minute and an hour; null: the default, 0: no limit. */
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

/** Who calls, as the access gate found it. The route's access decorator says of which kind it is. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return context.switchToHttp().getRequest<{ caller: Caller }>().caller;
});
